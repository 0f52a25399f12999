# The addon by node-gyp, for machines without CMake; run by scripts/build-native.mjs. Sources, ISAs and flags come from
# sources.json through list.cjs; only the names of the ISAs stand here again, since gyp cannot loop (test/package
# compares them). One static library per ISA keeps each ISA's flags to its own object.
{
  'target_defaults': {
    'include_dirs': ['.', '../build/generated'],
    'defines': ['<!@(node list.cjs defines)'],
    'cflags_cc': ['<!@(node list.cjs flags)'],
    'xcode_settings': {'OTHER_CPLUSPLUSFLAGS': ['<!@(node list.cjs flags)']},
  },
  'targets': [
    {
      'target_name': 'netwright',
      'sources': ['<!@(node list.cjs sources)'],
      'include_dirs': [
        '<!(node -p "require(\'node-api-headers\').include_dir")',
        '<!(node -p "require(\'node-addon-api\').include_dir")',
      ],
      'link_settings': {'libraries': ['-pthread']},
      'conditions': [
        ['OS=="linux"', {'ldflags': ['<!@(node list.cjs link)']}],
        ['target_arch=="x64"', {'dependencies': ['kernels_sse2', 'kernels_avx2', 'kernels_avx512']}],
        ['target_arch=="arm64"', {'dependencies': ['kernels_neon']}],
      ],
    },
  ],
  'conditions': [
    ['target_arch=="x64"', {
      'targets': [
        {
          'target_name': 'kernels_sse2',
          'type': 'static_library',
          'sources': ['<!@(node list.cjs kernels)'],
          'cflags_cc': ['<!@(node list.cjs flags sse2)'],
          'xcode_settings': {'OTHER_CPLUSPLUSFLAGS': ['<!@(node list.cjs flags sse2)']},
        },
        {
          'target_name': 'kernels_avx2',
          'type': 'static_library',
          'sources': ['<!@(node list.cjs kernels)'],
          'cflags_cc': ['<!@(node list.cjs flags avx2)'],
          'xcode_settings': {'OTHER_CPLUSPLUSFLAGS': ['<!@(node list.cjs flags avx2)']},
        },
        {
          'target_name': 'kernels_avx512',
          'type': 'static_library',
          'sources': ['<!@(node list.cjs kernels)'],
          'cflags_cc': ['<!@(node list.cjs flags avx512)'],
          'xcode_settings': {'OTHER_CPLUSPLUSFLAGS': ['<!@(node list.cjs flags avx512)']},
        },
      ],
    }],
    ['target_arch=="arm64"', {
      'targets': [
        {
          'target_name': 'kernels_neon',
          'type': 'static_library',
          'sources': ['<!@(node list.cjs kernels)'],
          'cflags_cc': ['<!@(node list.cjs flags neon)'],
          'xcode_settings': {'OTHER_CPLUSPLUSFLAGS': ['<!@(node list.cjs flags neon)']},
        },
      ],
    }],
  ],
}
