import { MOUNT_OPTIONS } from '@ct/native'
import { SECCOMP_ACTIONS, SECCOMP_ARCHITECTURES, SECCOMP_FLAGS, SECCOMP_OPERATORS } from '@ct/seccomp'
import { CAPABILITIES } from '../capabilities.ts'
import { MEMORY_FLAGS, MEMORY_MODES } from '../plan/scheduling.ts'
import { OCI_VERSION } from '../spec/default-spec.ts'
import { HOOK_NAMES } from '../spec/validate-hooks.ts'
import { NAMESPACE_TYPES } from '../spec/validate-linux.ts'
import type { Command } from './command.ts'

/**
 * `ct-runc features`.
 * @see https://github.com/opencontainers/runtime-spec/blob/main/features.md
 */
export const features: Command = {
  name: 'features',
  summary: 'print what this runtime can do',
  usage: '',
  flags: {},
  async run({ print }) {
    const value = {
      ociVersionMin: '1.0.0',
      ociVersionMax: OCI_VERSION,
      hooks: HOOK_NAMES,
      mountOptions: MOUNT_OPTIONS,
      linux: {
        namespaces: NAMESPACE_TYPES,
        capabilities: CAPABILITIES,
        cgroup: { v1: true, v2: true, systemd: true, systemdUser: true, rdma: true },
        seccomp: {
          enabled: true,
          actions: SECCOMP_ACTIONS,
          operators: SECCOMP_OPERATORS,
          archs: SECCOMP_ARCHITECTURES,
          knownFlags: SECCOMP_FLAGS,
          supportedFlags: SECCOMP_FLAGS,
        },
        apparmor: { enabled: true },
        selinux: { enabled: true },
        memoryPolicy: { modes: Object.keys(MEMORY_MODES), flags: Object.keys(MEMORY_FLAGS) },
        intelRdt: { enabled: false },
        netDevices: { enabled: true },
        mountExtensions: { idmap: { enabled: true } },
      },
    }
    print(`${JSON.stringify(value, undefined, 2)}\n`)
    return 0
  },
}
