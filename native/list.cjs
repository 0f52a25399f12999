// Prints a part of sources.json, space-separated, for binding.gyp: sources | defines | kernels | link | flags [isa].
const { core, binding, kernels, defines, flags, isas } = require('./sources.json')

const [what, isa] = process.argv.slice(2)
const ofIsa = Object.values(isas).find((isasOfArch) => isa in isasOfArch)?.[isa]
const lists = {
  sources: [...core, ...binding],
  defines,
  kernels: [kernels],
  link: flags.linkLinux,
  flags: isa === undefined ? flags.common : [...flags.kernels, ...ofIsa.flags],
}
console.log(lists[what].join(' '))
