import type { Operation } from './plan.ts'

/** Operations of a `run` or `exec` message that stand before those of the process (c/plan.h, PROTOCOL.md). */
export const HEADER_OPCODES = { supervisor: 1, namespace: 2, 'id-map': 3, cgroup: 4, join: 5 } as const

/** Operations of the process (c/plan.h, PROTOCOL.md). */
export const OPCODES: Readonly<Record<Operation['op'], number>> = {
  root: 16,
  mount: 17,
  bind: 18,
  attributes: 19,
  mask: 20,
  readonly: 21,
  mkdir: 22,
  symlink: 23,
  device: 24,
  terminal: 25,
  'enter-root': 26,
  'root-propagation': 27,
  sysctl: 28,
  hostname: 29,
  domainname: 30,
  'loopback-up': 31,
  rlimit: 32,
  'oom-score': 33,
  personality: 34,
  umask: 35,
  user: 36,
  capabilities: 37,
  'no-new-privileges': 38,
  seccomp: 39,
  cwd: 40,
  hold: 41,
  exec: 42,
}
