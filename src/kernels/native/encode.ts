// A placed program as the flat list of numbers that native/plan.cc reads. Per call: kernel index (-1: host), phase (0:
// compute; 1: commit; 2: compute, chained to the call before; 3: update, and the column that says in which steps), then
// per parameter a source and its numbers: absent (0);
// tensor (1): slot, offset and length, each as constant and per-row part, offsets in bytes (slot = number of slots: a chain's memory); number (2): constant and
// per-row part; step (3): column.

import { arrayTypes } from '../../tensor/tensor.js'
import { chainSlot } from '../chains.js'
import { kernelNames } from '../declarations.js'
import { type Program, type ProgramCall, updateColumn } from '../program.js'

export function encodeProgram(program: Program): Float64Array {
  const code: number[] = []
  for (const call of program.calls) {
    if (call.kind === 'host') {
      code.push(-1, 0)
      continue
    }
    code.push(kernelNames.indexOf(call.kernel), ...phaseOf(call, program))
    for (const argument of call.args) {
      switch (argument.kind) {
        case 'absent':
          code.push(0)
          break
        case 'tensor': {
          const { memory, element, offset, length } = argument.tensor
          const bytes = arrayTypes[element].BYTES_PER_ELEMENT
          const slot = memory === chainSlot ? program.slots.length : program.slots.indexOf(memory as string)
          code.push(1, slot, offset.constant * bytes, offset.perRow * bytes, length.constant, length.perRow)
          break
        }
        case 'number':
          code.push(2, argument.value.constant, argument.value.perRow)
          break
        case 'step':
          code.push(3, argument.column)
          break
      }
    }
  }
  return Float64Array.from(code)
}

function phaseOf(
  { phase, chained }: Extract<ProgramCall, { kind: 'kernel' }>,
  { columns }: Program,
): readonly number[] {
  if (phase === 'update') return [3, columns.indexOf(updateColumn)]
  return [phase === 'commit' ? 1 : chained ? 2 : 0]
}
