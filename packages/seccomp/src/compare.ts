import { type Instruction, load, OPCODES, SECCOMP_DATA } from './instruction.ts'
import type { LinuxSeccompArg, SeccompOperator } from './linux-seccomp.ts'

/** All values of {@link SeccompOperator}. */
export const SECCOMP_OPERATORS: readonly SeccompOperator[] = [
  'SCMP_CMP_NE',
  'SCMP_CMP_LT',
  'SCMP_CMP_LE',
  'SCMP_CMP_EQ',
  'SCMP_CMP_GE',
  'SCMP_CMP_GT',
  'SCMP_CMP_MASKED_EQ',
]

/** Jump targets inside one comparison, resolved once its length is known. */
type Target = 'pass' | 'fail' | 'next'
type Step = readonly [code: number, operand: number, whenTrue: Target, whenFalse: Target] | Instruction

/**
 * Code that compares one 64-bit argument: it runs off its end when the condition holds, and otherwise jumps `toFail`
 * instructions beyond its end.
 */
export function compareArgument(arg: LinuxSeccompArg, toFail: number): Instruction[] {
  const steps = stepsOf(arg)
  return steps.map((step, index): Instruction => {
    const [code, second, third, fourth] = step
    if (typeof third === 'number') return step as Instruction
    const left = steps.length - index - 1
    const distance = (target: Target) => (target === 'next' ? 0 : target === 'pass' ? left : left + toFail)
    return [code, distance(third), distance(fourth as Target), second]
  })
}

function stepsOf({ index, op, value, valueTwo }: LinuxSeccompArg): Step[] {
  const low = load(SECCOMP_DATA.arguments + index * 8)
  const high = load(SECCOMP_DATA.arguments + index * 8 + 4)
  const [valueHigh, valueLow] = halves(value)
  const { jumpEqual, jumpGreater, jumpGreaterOrEqual, and } = OPCODES
  switch (op) {
    case 'SCMP_CMP_EQ':
      return [high, [jumpEqual, valueHigh, 'next', 'fail'], low, [jumpEqual, valueLow, 'pass', 'fail']]
    case 'SCMP_CMP_NE':
      return [high, [jumpEqual, valueHigh, 'next', 'pass'], low, [jumpEqual, valueLow, 'fail', 'pass']]
    case 'SCMP_CMP_GT':
      return ordered(high, low, [jumpGreater, valueHigh, valueLow], ['pass', 'fail'])
    case 'SCMP_CMP_GE':
      return ordered(high, low, [jumpGreaterOrEqual, valueHigh, valueLow], ['pass', 'fail'])
    case 'SCMP_CMP_LE':
      return ordered(high, low, [jumpGreater, valueHigh, valueLow], ['fail', 'pass'])
    case 'SCMP_CMP_LT':
      return ordered(high, low, [jumpGreaterOrEqual, valueHigh, valueLow], ['fail', 'pass'])
    case 'SCMP_CMP_MASKED_EQ': {
      const [wantedHigh, wantedLow] = halves(valueTwo ?? 0)
      return [
        high,
        [and, 0, 0, valueHigh],
        [jumpEqual, wantedHigh, 'next', 'fail'],
        low,
        [and, 0, 0, valueLow],
        [jumpEqual, wantedLow, 'pass', 'fail'],
      ]
    }
  }
}

/** Above: `more`; below: `less`; equal high words leave it to the low words. */
function ordered(
  high: Instruction,
  low: Instruction,
  [lowCode, valueHigh, valueLow]: readonly [number, number, number],
  [more, less]: readonly [Target, Target],
): Step[] {
  return [
    high,
    [OPCODES.jumpGreater, valueHigh, more, 'next'],
    [OPCODES.jumpEqual, valueHigh, 'next', less],
    low,
    [lowCode, valueLow, more, less],
  ]
}

/** High and low 32 bits; numbers beyond 2^53 arrive rounded from JSON, and 2^64 - 1 as 2^64, which saturates. */
function halves(value: number): readonly [high: number, low: number] {
  const all = value >= 2 ** 64 ? 0xffff_ffff_ffff_ffffn : BigInt.asUintN(64, BigInt(value))
  return [Number(all >> 32n), Number(all & 0xffff_ffffn)]
}
