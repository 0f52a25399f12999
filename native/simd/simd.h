// Picks the vector wrapper from the compiler's own ISA macros, so that the build's flags are the only switch.
#pragma once

#if defined(__AVX512F__)
#include "avx512.h"
#elif defined(__AVX2__)
#include "avx2.h"
#elif defined(__ARM_NEON) || defined(_M_ARM64)
#include "neon.h"
#elif defined(__wasm_simd128__)
#include "wasm.h"
#else
#include "sse2.h"
#endif
