import type { SeccompArchitecture } from './linux-seccomp.ts'
import { AARCH64_SYSCALLS } from './syscalls-aarch64.table.ts'
import { ARM_SYSCALLS } from './syscalls-arm.table.ts'
import { X32_SYSCALLS } from './syscalls-x32.table.ts'
import { X86_SYSCALLS } from './syscalls-x86.table.ts'
import { X86_64_SYSCALLS } from './syscalls-x86-64.table.ts'

/** How the kernel tells an architecture's system calls: by `arch` of seccomp_data, and x32's by a bit of the number. */
export interface Architecture {
  /** AUDIT_ARCH_… */
  readonly auditArchitecture: number
  /** Added to each number. */
  readonly base: number
  readonly numbers: Readonly<Record<string, number>>
}

/** Set in the number of every x32 call, which otherwise looks like one of x86_64. */
export const X32_BIT = 0x40000000

const AUDIT_X86_64 = 0xc000003e

/** How the kernel tells each {@link SeccompArchitecture}. */
export const ARCHITECTURE_TABLE: Readonly<Record<SeccompArchitecture, Architecture>> = {
  SCMP_ARCH_X86_64: { auditArchitecture: AUDIT_X86_64, base: 0, numbers: X86_64_SYSCALLS },
  SCMP_ARCH_X32: { auditArchitecture: AUDIT_X86_64, base: X32_BIT, numbers: X32_SYSCALLS },
  SCMP_ARCH_X86: { auditArchitecture: 0x40000003, base: 0, numbers: X86_SYSCALLS },
  SCMP_ARCH_AARCH64: { auditArchitecture: 0xc00000b7, base: 0, numbers: AARCH64_SYSCALLS },
  SCMP_ARCH_ARM: { auditArchitecture: 0x40000028, base: 0, numbers: ARM_SYSCALLS },
}

/** All values of {@link SeccompArchitecture}. */
export const SECCOMP_ARCHITECTURES = Object.keys(ARCHITECTURE_TABLE) as readonly SeccompArchitecture[]

/** The machine's own architecture. */
export function nativeArchitecture(): SeccompArchitecture {
  return process.arch === 'arm64' ? 'SCMP_ARCH_AARCH64' : 'SCMP_ARCH_X86_64'
}
