import { describe, expect, it } from 'vitest'
import { checkSeccomp } from '../src/check-seccomp.ts'
import { compileSeccomp } from '../src/compile-seccomp.ts'
import type { LinuxSeccomp } from '../src/linux-seccomp.ts'

const filter = { defaultAction: 'SCMP_ACT_ALLOW' }
const withRule = (rule: object) => ({ ...filter, syscalls: [{ names: ['read'], action: 'SCMP_ACT_ERRNO', ...rule }] })
const withArg = (arg: object) => withRule({ args: [{ index: 0, value: 0, op: 'SCMP_CMP_EQ', ...arg }] })

describe('a filter of unknown origin', () => {
  it('passes with what the specification has, null for what is absent, and properties that are new', () => {
    const value = {
      ...withArg({ valueTwo: 2 ** 64 }),
      architectures: ['SCMP_ARCH_ARM'],
      flags: null,
      listenerPath: '/run/listener',
      later: 1,
    }
    expect(() => checkSeccomp(value)).not.toThrow()
    expect(() => compileSeccomp(JSON.parse(JSON.stringify(withRule({ args: null, errnoRet: null }))) as LinuxSeccomp)).not.toThrow()
  })

  const rows: [value: unknown, message: string][] = [
    [null, 'seccomp: must be an object'],
    [[], 'seccomp: must be an object'],
    [{}, 'seccomp.defaultAction: must be one of SCMP_ACT_KILL'],
    [{ defaultAction: 'toString' }, 'seccomp.defaultAction: must be one of'],
    [{ ...filter, defaultErrnoRet: 65536 }, 'seccomp.defaultErrnoRet: must be a whole number from 0 to 65535, not 65536'],
    [{ ...filter, architectures: ['SCMP_ARCH_MIPS'] }, 'seccomp.architectures[0]: must be one of'],
    [{ ...filter, flags: ['SECCOMP_FILTER_FLAG_NEW'] }, 'seccomp.flags[0]: must be one of'],
    [{ ...filter, listenerPath: 'a\0b' }, 'seccomp.listenerPath: must be a string'],
    [{ ...filter, syscalls: {} }, 'seccomp.syscalls: must be an array'],
    [withRule({ names: [1] }), 'seccomp.syscalls[0].names[0]: must be a string, not 1'],
    [withRule({ action: undefined }), 'seccomp.syscalls[0].action: must be one of'],
    [withArg({ index: 6 }), 'seccomp.syscalls[0].args[0].index: must be a whole number from 0 to 5, not 6'],
    [withArg({ value: -1 }), 'seccomp.syscalls[0].args[0].value: must be a whole number'],
    [withArg({ value: 0.5 }), 'seccomp.syscalls[0].args[0].value: must be a whole number'],
    [withArg({ op: 'SCMP_CMP_IN' }), 'seccomp.syscalls[0].args[0].op: must be one of'],
  ]
  it.each(rows)('%j is refused by its path', (value, message) => {
    const refused = expect.objectContaining({ code: 'SECCOMP_BAD_FILTER', kind: 'invalid', message: expect.stringContaining(message) })
    expect(() => checkSeccomp(value)).toThrow(refused)
    expect(() => compileSeccomp(value as LinuxSeccomp)).toThrow(expect.objectContaining({ code: 'SECCOMP_BAD_FILTER' }))
  })
})
