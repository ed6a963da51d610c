import { existsSync, readFileSync } from 'node:fs'
import { arch, availableParallelism, hostname, release, totalmem } from 'node:os'
import { hasErrno } from '@ct/errors'
import type { EngineInfo } from './engine.ts'

/** The part of {@link EngineInfo} that is about the machine. */
export type MachineInfo = Pick<
  EngineInfo,
  'cgroupVersion' | 'kernelVersion' | 'operatingSystem' | 'osType' | 'architecture' | 'cpus' | 'memoryBytes' | 'hostname'
>

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' }

/** Facts about this machine. */
export function machineInfo(): MachineInfo {
  return {
    cgroupVersion: cgroupVersion(),
    kernelVersion: release(),
    operatingSystem: operatingSystem(),
    osType: 'linux',
    architecture: ARCHITECTURES[arch()] ?? arch(),
    cpus: availableParallelism(),
    memoryBytes: totalmem(),
    hostname: hostname(),
  }
}

function cgroupVersion(): EngineInfo['cgroupVersion'] {
  if (existsSync('/sys/fs/cgroup/cgroup.controllers')) return '2'
  return existsSync('/sys/fs/cgroup/unified/cgroup.procs') ? 'hybrid' : '1'
}

function operatingSystem(): string {
  for (const path of ['/etc/os-release', '/usr/lib/os-release']) {
    try {
      const name = /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(readFileSync(path, 'utf8'))?.[1]
      if (name !== undefined) return name
    } catch (error) {
      if (!hasErrno(error, 'ENOENT')) throw error
    }
  }
  return 'Linux'
}
