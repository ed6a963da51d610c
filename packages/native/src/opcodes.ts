/** Operations of a `run` or `exec` message that stand before those of the process (c/plan.h, PROTOCOL.md). */
export const HEADER_OPCODES = { supervisor: 1, namespace: 2, cgroup: 3, join: 4, 'time-offsets': 5, source: 6 } as const

/** Operations of the process (c/plan.h, PROTOCOL.md). */
export const OPCODES = {
  root: 16,
  mount: 17,
  prepared: 18,
  attributes: 19,
  mask: 20,
  readonly: 21,
  symlink: 22,
  device: 23,
  terminal: 24,
  'enter-root': 25,
  'loopback-up': 26,
  write: 27,
  call: 28,
  'own-stdio': 29,
  seccomp: 30,
  cwd: 31,
  enter: 32,
  pause: 33,
  probe: 34,
  hold: 35,
  exec: 36,
} as const

/** System calls that `call` makes, by their place in the list (c/plan.h, PROTOCOL.md). */
export const CALLS = [
  'sethostname',
  'setdomainname',
  'personality',
  'umask',
  'prctl',
  'prlimit64',
  'capset',
  'setgroups',
  'setresgid',
  'setresuid',
  'sched_setattr',
  'sched_setaffinity',
  'ioprio_set',
  'set_mempolicy',
  'rt_sigaction',
] as const
