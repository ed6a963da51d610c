import type { LinuxDeviceRule } from '../spec/resources.ts'
import { effectiveRules } from './device-rules.ts'

/** BPF_DEVCG_DEV_BLOCK and BPF_DEVCG_DEV_CHAR. */
const TYPES: Readonly<Record<string, number>> = { b: 1, c: 2 }
/** BPF_DEVCG_ACC_MKNOD, _READ and _WRITE. */
const ACCESS: Readonly<Record<string, number>> = { m: 1, r: 2, w: 4 }
const ALL_ACCESS = 7

/** Codes of the instructions used here; all of them work on 32 bits. */
const OP = { load: 0x61, andValue: 0x54, shiftRight: 0x74, move: 0xbc, moveValue: 0xb4, jumpNotEqual: 0x56, jumpEqual: 0x16, exit: 0x95 }

/** What the program keeps in its registers: the verdict, the kernel's argument, and what is asked for. */
const R = { result: 0, context: 1, type: 2, access: 3, major: 4, minor: 5 } as const
const RESULT_SIZE = 2

interface Instruction {
  readonly code: number
  readonly to?: number
  readonly from?: number
  readonly offset?: number
  readonly value?: number
}

/**
 * Compiles device rules to an eBPF program of type BPF_PROG_TYPE_CGROUP_DEVICE, which answers 1 to allow. Rules are
 * asked from the last to the first; each settles those kinds of access that it names, and the first that denies one
 * denies all.
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html#device-controller
 */
export function compileDeviceProgram(rules?: readonly LinuxDeviceRule[]): Uint8Array {
  const program: Instruction[] = [
    { code: OP.load, to: R.type, from: R.context, offset: 0 },
    { code: OP.move, to: R.access, from: R.type },
    { code: OP.andValue, to: R.type, value: 0xffff },
    { code: OP.shiftRight, to: R.access, value: 16 },
    { code: OP.load, to: R.major, from: R.context, offset: 4 },
    { code: OP.load, to: R.minor, from: R.context, offset: 8 },
  ]
  for (const rule of effectiveRules(rules).toReversed()) {
    const body = bodyOf(rule)
    const conditions = conditionsOf(rule)
    conditions.forEach(([register, value], index) => {
      const offset = conditions.length - index - 1 + body.length
      program.push({ code: OP.jumpNotEqual, to: register, value, offset })
    })
    program.push(...body)
  }
  return encode(program)
}

/** What a request must have for the rule to be about it. */
function conditionsOf({ type, major, minor }: LinuxDeviceRule): (readonly [register: number, value: number])[] {
  const conditions: (readonly [number, number])[] = []
  const kind = TYPES[type ?? '']
  if (kind !== undefined) conditions.push([R.type, kind])
  if (major !== undefined && major >= 0) conditions.push([R.major, major])
  if (minor !== undefined && minor >= 0) conditions.push([R.minor, minor])
  return conditions
}

function bodyOf({ allow, access }: LinuxDeviceRule): Instruction[] {
  const bits = [...(access || 'rwm')].reduce((sum, letter) => sum | (ACCESS[letter] ?? 0), 0)
  if (bits === ALL_ACCESS) return answer(allow)
  if (!allow) {
    return [
      { code: OP.move, to: R.result, from: R.access },
      { code: OP.andValue, to: R.result, value: bits },
      { code: OP.jumpEqual, to: R.result, value: 0, offset: RESULT_SIZE },
      ...answer(false),
    ]
  }
  return [
    { code: OP.andValue, to: R.access, value: ALL_ACCESS & ~bits },
    { code: OP.jumpNotEqual, to: R.access, value: 0, offset: RESULT_SIZE },
    ...answer(true),
  ]
}

function answer(allow: boolean): Instruction[] {
  return [{ code: OP.moveValue, to: R.result, value: allow ? 1 : 0 }, { code: OP.exit }]
}

/** `struct bpf_insn`: code, the two registers, offset of a jump or load, value; always little-endian here. */
function encode(program: readonly Instruction[]): Uint8Array {
  const bytes = Buffer.alloc(program.length * 8)
  program.forEach(({ code, to = 0, from = 0, offset = 0, value = 0 }, index) => {
    const at = index * 8
    bytes.writeUInt8(code, at)
    bytes.writeUInt8(to | (from << 4), at + 1)
    bytes.writeInt16LE(offset, at + 2)
    bytes.writeUInt32LE(value >>> 0, at + 4)
  })
  return bytes
}
