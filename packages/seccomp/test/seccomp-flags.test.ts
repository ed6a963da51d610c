import { expect, it } from 'vitest'
import type { LinuxSeccomp } from '../src/linux-seccomp.ts'
import { seccompFlags } from '../src/seccomp-flags.ts'

const rows: [filter: Omit<LinuxSeccomp, 'defaultAction'>, flags: number][] = [
  [{}, 0],
  [{ flags: ['SECCOMP_FILTER_FLAG_TSYNC', 'SECCOMP_FILTER_FLAG_LOG'] }, 3],
  [{ flags: ['SECCOMP_FILTER_FLAG_SPEC_ALLOW', 'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'] }, 36],
  [{ syscalls: [{ names: ['mkdir'], action: 'SCMP_ACT_NOTIFY' }], flags: ['SECCOMP_FILTER_FLAG_TSYNC', 'SECCOMP_FILTER_FLAG_LOG'] }, 10],
]
it.each(rows)('%j is installed with flags %i', (filter, flags) => {
  expect(seccompFlags({ defaultAction: 'SCMP_ACT_ALLOW', ...filter })).toBe(flags)
})
