import { describe, expect, it } from 'vitest'
import { ARCHITECTURE_TABLE } from '../src/architectures.ts'
import { compileSeccomp } from '../src/compile-seccomp.ts'
import { defaultSeccomp } from '../src/default-seccomp.ts'
import type { LinuxSeccomp, LinuxSeccompArg, SeccompAction, SeccompArchitecture, SeccompOperator } from '../src/linux-seccomp.ts'
import { runFilter } from './bpf-interpreter.ts'

/** Docker's. */
const DEFAULT_CAPABILITIES =
  'CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE'
    .split(' ')
    .map((name) => `CAP_${name}`)
const ALLOW = 0x7fff0000
const KILL = 0
const EPERM = 0x00050001
const ENOSYS = 0x00050026

function judge(seccomp: LinuxSeccomp, name: string, args: readonly bigint[] = [], architecture: SeccompArchitecture = 'SCMP_ARCH_X86_64') {
  const { auditArchitecture, base, numbers } = ARCHITECTURE_TABLE[architecture]
  const number = base + (numbers[name] ?? Number(name))
  return runFilter(compileSeccomp(seccomp), { auditArchitecture, number, args })
}

const docker = defaultSeccomp(DEFAULT_CAPABILITIES, 'x64')
const all = 0xffff_ffff_ffff_ffffn

describe("Docker's default profile", () => {
  const rows: [call: string, args: bigint[], result: number][] = [
    ['read', [], ALLOW],
    ['removexattrat', [], ALLOW],
    ['mount', [], EPERM],
    ['io_uring_setup', [], EPERM],
    ['keyctl', [], EPERM],
    ['chroot', [], ALLOW],
    ['ptrace', [], ALLOW],
    ['bpf', [], EPERM],
    ['socket', [1n], ALLOW],
    ['socket', [38n], EPERM],
    ['socket', [39n], ALLOW],
    ['socket', [40n], EPERM],
    ['socket', [41n], ALLOW],
    ['socket', [38n + (1n << 32n)], ALLOW],
    ['personality', [0n], ALLOW],
    ['personality', [8n], ALLOW],
    ['personality', [0xffffffffn], ALLOW],
    ['personality', [0x40000n], EPERM],
    ['clone', [17n], ALLOW],
    ['clone', [0x10000000n], EPERM],
    ['clone', [0x00020011n], EPERM],
    ['clone', [1n << 63n], ALLOW],
    ['clone3', [], ENOSYS],
    ['arch_prctl', [], ALLOW],
    ['467', [], ENOSYS],
    ['1000', [], ENOSYS],
    ['4294967295', [], EPERM],
  ]
  it.each(rows)('%s(%s) is %i', (call, args, result) => {
    expect(judge(docker, call, args)).toBe(result)
  })

  it('allows privileged calls to those who have the capability', () => {
    const admin = defaultSeccomp([...DEFAULT_CAPABILITIES, 'CAP_SYS_ADMIN'], 'x64')
    expect([judge(admin, 'mount'), judge(admin, 'clone', [0x10000000n]), judge(admin, 'clone3')]).toEqual([ALLOW, ALLOW, ALLOW])
    expect(judge(defaultSeccomp([], 'x64'), 'chroot')).toBe(EPERM)
  })

  it('judges 32-bit and x32 calls by their own numbers', () => {
    expect(judge(docker, 'socketcall', [], 'SCMP_ARCH_X86')).toBe(ALLOW)
    expect(judge(docker, 'mount', [], 'SCMP_ARCH_X86')).toBe(EPERM)
    expect(judge(docker, 'execve', [], 'SCMP_ARCH_X32')).toBe(ALLOW)
    expect(judge(docker, 'mount', [], 'SCMP_ARCH_X32')).toBe(EPERM)
  })

  it('kills calls of other architectures', () => {
    expect(judge(docker, 'read', [], 'SCMP_ARCH_AARCH64')).toBe(KILL)
    expect(judge(defaultSeccomp([], 'arm64'), 'read', [], 'SCMP_ARCH_X86_64')).toBe(KILL)
  })

  it('knows ARM with its private calls', () => {
    const arm = defaultSeccomp(DEFAULT_CAPABILITIES, 'arm64')
    expect(judge(arm, 'openat', [], 'SCMP_ARCH_AARCH64')).toBe(ALLOW)
    expect(judge(arm, 'set_tls', [], 'SCMP_ARCH_ARM')).toBe(ALLOW)
    expect(judge(arm, `${0xf0003}`, [], 'SCMP_ARCH_ARM')).toBe(EPERM)
    expect(judge(arm, '500', [], 'SCMP_ARCH_ARM')).toBe(ENOSYS)
  })
})

describe('argument comparisons', () => {
  const values = [0n, 1n, 5n, 0xffffffffn, 0x1_00000000n, 0x1_00000005n, 0x5_00000001n, 0x7fffffff_ffffffffn, all]
  const truth: Record<Exclude<SeccompOperator, 'SCMP_CMP_MASKED_EQ'>, (a: bigint, b: bigint) => boolean> = {
    SCMP_CMP_EQ: (a, b) => a === b,
    SCMP_CMP_NE: (a, b) => a !== b,
    SCMP_CMP_LT: (a, b) => a < b,
    SCMP_CMP_LE: (a, b) => a <= b,
    SCMP_CMP_GT: (a, b) => a > b,
    SCMP_CMP_GE: (a, b) => a >= b,
  }
  it.each(Object.entries(truth))('%s holds for exactly the right 64-bit values', (op, holds) => {
    for (const value of [0, 5, 0xffffffff, 2 ** 32 + 5, 2 ** 64]) {
      const filter = oneRule([{ index: 2, value, op: op as SeccompOperator }])
      for (const actual of values) {
        const wanted = value === 2 ** 64 ? all : BigInt(value)
        expect(judge(filter, 'read', [7n, 7n, actual]), `${actual} ${op} ${wanted}`).toBe(holds(actual, wanted) ? ALLOW : EPERM)
      }
    }
  })

  it('SCMP_CMP_MASKED_EQ compares the masked bits of both halves', () => {
    const filter = oneRule([{ index: 0, value: 0xf_0000_00ff, valueTwo: 0x2_0000_0011, op: 'SCMP_CMP_MASKED_EQ' }])
    expect(judge(filter, 'read', [0x32_0000_ab11n])).toBe(ALLOW)
    expect(judge(filter, 'read', [0x33_0000_ab11n])).toBe(EPERM)
    expect(judge(filter, 'read', [0x32_0000_ab12n])).toBe(EPERM)
  })

  it('joins conditions on different arguments by and, on the same one by or', () => {
    const both = oneRule([equal(0, 1), equal(5, 9)])
    expect(judge(both, 'read', [1n, 0n, 0n, 0n, 0n, 9n])).toBe(ALLOW)
    expect(judge(both, 'read', [1n])).toBe(EPERM)
    const either = oneRule([equal(0, 1), equal(0, 2)])
    expect([1n, 2n, 3n].map((value) => judge(either, 'read', [value]))).toEqual([ALLOW, ALLOW, EPERM])
  })
})

describe('rules and actions', () => {
  const actions: [SeccompAction, number | undefined, number][] = [
    ['SCMP_ACT_KILL', undefined, 0],
    ['SCMP_ACT_KILL_THREAD', undefined, 0],
    ['SCMP_ACT_KILL_PROCESS', undefined, 0x80000000],
    ['SCMP_ACT_TRAP', undefined, 0x00030000],
    ['SCMP_ACT_ERRNO', undefined, EPERM],
    ['SCMP_ACT_ERRNO', 13, 0x0005000d],
    ['SCMP_ACT_TRACE', 77, 0x7ff0004d],
    ['SCMP_ACT_LOG', undefined, 0x7ffc0000],
    ['SCMP_ACT_ALLOW', undefined, ALLOW],
  ]
  it.each(actions)('%s with %s returns %i', (action, errnoRet, result) => {
    expect(judge({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['read'], action, errnoRet }] }, 'read')).toBe(result)
    expect(judge({ defaultAction: action, defaultErrnoRet: errnoRet, syscalls: [] }, 'write')).toBe(result)
  })

  it('refuses a filter that is too long for the kernel', () => {
    const args = Array.from({ length: 1000 }, (_, value) => equal(0, value))
    expect(() => compileSeccomp(oneRule(args))).toThrow(expect.objectContaining({ code: 'SECCOMP_TOO_LONG' }))
  })

  it('gives an unconditional rule precedence, and lets new calls pass a permissive default', () => {
    const filter: LinuxSeccomp = {
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [
        { names: ['read', 'no_such_call'], action: 'SCMP_ACT_LOG', args: [equal(0, 1)] },
        { names: ['read'], action: 'SCMP_ACT_ERRNO', errnoRet: 5 },
      ],
    }
    expect(judge(filter, 'read', [1n])).toBe(0x00050005)
    expect(judge(filter, '1000')).toBe(ALLOW)
  })

  it('kills x32 calls unless they are listed', () => {
    const filter: LinuxSeccomp = { defaultAction: 'SCMP_ACT_ALLOW', architectures: ['SCMP_ARCH_X86_64'] }
    expect(judge(filter, 'read', [], 'SCMP_ARCH_X32')).toBe(KILL)
    expect(judge({ ...filter, architectures: ['SCMP_ARCH_X32'] }, 'read', [], 'SCMP_ARCH_X32')).toBe(ALLOW)
    expect(judge({ ...filter, architectures: ['SCMP_ARCH_X32'] }, 'read')).toBe(KILL)
  })

  it('compiles the same object once and jumps far where it must', () => {
    expect(compileSeccomp(docker)).toBe(compileSeccomp(docker))
    const long = oneRule(Array.from({ length: 400 }, (_, value) => equal(0, value)))
    expect([0n, 399n, 400n].map((value) => judge(long, 'read', [value]))).toEqual([ALLOW, ALLOW, EPERM])
    expect(judge(long, 'write')).toBe(ENOSYS)
  })
})

function equal(index: number, value: number): LinuxSeccompArg {
  return { index, value, op: 'SCMP_CMP_EQ' }
}

function oneRule(args: readonly LinuxSeccompArg[]): LinuxSeccomp {
  return { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ names: ['read'], action: 'SCMP_ACT_ALLOW', args }] }
}
