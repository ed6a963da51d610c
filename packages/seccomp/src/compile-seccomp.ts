import { actionValue } from './actions.ts'
import { ARCHITECTURE_TABLE, nativeArchitecture, X32_BIT } from './architectures.ts'
import { checkSeccomp } from './check-seccomp.ts'
import { compareArgument } from './compare.ts'
import { SeccompError } from './errors.ts'
import { branch, encodeProgram, type Instruction, load, MAXIMUM_INSTRUCTIONS, OPCODES, returns, SECCOMP_DATA } from './instruction.ts'
import type { LinuxSeccomp, LinuxSeccompArg, LinuxSyscall, SeccompArchitecture } from './linux-seccomp.ts'

/** A self-contained piece of program: every way through it returns. */
type Code = readonly Instruction[]

/** Where a range of call numbers begins, and the code for all of it, up to the next one's beginning. */
type Ranges = Map<number, Code>

const ENOSYS = 38
/** ARM's private calls begin here; they are no measure of what is new. */
const PRIVATE_CALLS = 0xf0000
/** What a tracer leaves in the number register to skip a call. */
const SKIPPED = 0xffffffff
/** Calls of architectures that are not listed; as libseccomp does, the thread only. */
const KILL: Code = [returns(0)]

const PERMISSIVE = ['SCMP_ACT_ALLOW', 'SCMP_ACT_LOG', 'SCMP_ACT_TRACE']

const compiled = new WeakMap<LinuxSeccomp, Uint8Array>()

/**
 * Compiles a system call filter to classic BPF, 8 bytes an instruction, ready for seccomp(2): a decision by architecture,
 * then a binary search by number, then the comparisons of arguments. The same object is compiled once.
 *
 * As with runc and libseccomp, a rule without arguments wins over those with, a rule that names one argument twice holds
 * when either condition does, calls of architectures that are not listed kill the thread, and calls newer than
 * everything the filter names fail with ENOSYS unless the default lets them pass.
 * @throws SeccompError SECCOMP_BAD_FILTER; SECCOMP_TOO_LONG beyond the 4,096 instructions that the kernel takes.
 * @see https://www.kernel.org/doc/html/latest/userspace-api/seccomp_filter.html
 */
export function compileSeccomp(seccomp: LinuxSeccomp): Uint8Array {
  const known = compiled.get(seccomp)
  if (known !== undefined) return known
  checkSeccomp(seccomp)
  const program = assemble(seccomp)
  if (program.length > MAXIMUM_INSTRUCTIONS) {
    throw new SeccompError('SECCOMP_TOO_LONG', `the filter has ${program.length} instructions, more than the kernel takes`, {
      kind: 'invalid',
      hint: 'name fewer calls, or compare fewer arguments',
    })
  }
  const bytes = encodeProgram(program)
  compiled.set(seccomp, bytes)
  return bytes
}

function assemble(seccomp: LinuxSeccomp): Instruction[] {
  const byAudit = new Map<number, Ranges>()
  for (const name of seccomp.architectures ?? [nativeArchitecture()]) {
    const { auditArchitecture } = ARCHITECTURE_TABLE[name]
    byAudit.set(auditArchitecture, new Map([...(byAudit.get(auditArchitecture) ?? []), ...rangesOf(seccomp, name)]))
  }
  let program: Code = KILL
  for (const [audit, ranges] of [...byAudit].reverse()) {
    fill(ranges, 0, KILL)
    if (audit === ARCHITECTURE_TABLE.SCMP_ARCH_X32.auditArchitecture) fill(ranges, X32_BIT, KILL)
    fill(ranges, SKIPPED, defaultOf(seccomp))
    program = branch([OPCODES.jumpEqual, audit], [load(SECCOMP_DATA.number), ...search(sorted(ranges))], program)
  }
  return [load(SECCOMP_DATA.architecture), ...program]
}

function defaultOf(seccomp: LinuxSeccomp): Code {
  return [returns(actionValue(seccomp.defaultAction, seccomp.defaultErrnoRet))]
}

function rangesOf(seccomp: LinuxSeccomp, name: SeccompArchitecture): Ranges {
  const { base, numbers } = ARCHITECTURE_TABLE[name]
  const otherwise = defaultOf(seccomp)
  const rules = rulesByNumber(seccomp, numbers)
  const ranges: Ranges = new Map()
  for (const [number, list] of rules) ranges.set(base + number, codeOf(list, otherwise))
  const known = [...rules.keys()].filter((number) => number < PRIVATE_CALLS)
  if (known.length > 0 && !PERMISSIVE.includes(seccomp.defaultAction)) {
    fill(ranges, base + Math.max(...known) + 1, [returns(actionValue('SCMP_ACT_ERRNO', ENOSYS))])
    if (known.length < rules.size) fill(ranges, base + PRIVATE_CALLS, otherwise)
  }
  for (const number of rules.keys()) fill(ranges, base + number + 1, otherwise)
  fill(ranges, base, otherwise)
  return ranges
}

function fill(ranges: Ranges, start: number, code: Code): void {
  if (!ranges.has(start)) ranges.set(start, code)
}

function rulesByNumber(seccomp: LinuxSeccomp, numbers: Readonly<Record<string, number>>): Map<number, LinuxSyscall[]> {
  const rules = new Map<number, LinuxSyscall[]>()
  for (const rule of seccomp.syscalls ?? []) {
    for (const name of rule.names) {
      const number = Object.hasOwn(numbers, name) ? numbers[name] : undefined
      if (number !== undefined) rules.set(number, [...(rules.get(number) ?? []), rule])
    }
  }
  return rules
}

/** The code of one call: its first unconditional rule, or its conditions in order and then the default. */
function codeOf(rules: readonly LinuxSyscall[], otherwise: Code): Code {
  const sure = rules.find(({ args }) => !args?.length)
  if (sure !== undefined) return [returns(actionValue(sure.action, sure.errnoRet))]
  const code: Instruction[] = []
  for (const { action, errnoRet, args } of rules) {
    for (const conditions of conjunctions(args ?? [])) code.push(...guarded(conditions, returns(actionValue(action, errnoRet))))
  }
  return [...code, ...otherwise]
}

function conjunctions(args: readonly LinuxSeccompArg[]): readonly (readonly LinuxSeccompArg[])[] {
  const twice = new Set(args.map(({ index }) => index)).size < args.length
  return twice ? args.map((arg) => [arg]) : [args]
}

/** `result` when all conditions hold; otherwise what follows. */
function guarded(conditions: readonly LinuxSeccompArg[], result: Instruction): Instruction[] {
  let code: Instruction[] = [result]
  for (const condition of [...conditions].reverse()) code = [...compareArgument(condition, code.length), ...code]
  return code
}

/** In order of numbers; neighbours with the same code are one range. */
function sorted(ranges: Ranges): (readonly [start: number, code: Code])[] {
  return [...ranges].sort(([a], [b]) => a - b).filter(([, code], index, all) => index === 0 || String(all[index - 1]?.[1]) !== String(code))
}

function search(ranges: readonly (readonly [start: number, code: Code])[]): Code {
  const half = ranges.length >> 1
  const middle = ranges[half]
  if (middle === undefined || half === 0) return ranges[0]?.[1] ?? KILL
  return branch([OPCODES.jumpGreaterOrEqual, middle[0]], search(ranges.slice(half)), search(ranges.slice(0, half)))
}
