import { RLIMITS } from '../plan/rlimits.ts'
import { IO_CLASSES, SCHEDULER_FLAGS, SCHEDULER_POLICIES } from '../plan/scheduling.ts'
import type { Process } from './process.ts'
import { absolute, bad, flag, integer, list, numberList, oneOf, shape, text, uint64, userId } from './shape.ts'

const size = integer(0, 0xffff)

const processShape = shape(
  {
    user: shape({ uid: userId, gid: userId }, { umask: integer(0, 0o777), additionalGids: list(userId) }),
    args: list(text),
    cwd: absolute,
  },
  {
    terminal: flag,
    consoleSize: shape({ height: size, width: size }),
    env: list(text),
    capabilities: shape(
      {},
      { bounding: list(text), effective: list(text), inheritable: list(text), permitted: list(text), ambient: list(text) },
    ),
    rlimits: list(shape({ type: oneOf(Object.keys(RLIMITS)), soft: uint64, hard: uint64 })),
    noNewPrivileges: flag,
    oomScoreAdj: integer(-1000, 1000),
    apparmorProfile: text,
    selinuxLabel: text,
    ioPriority: shape({ class: oneOf(Object.keys(IO_CLASSES)) }, { priority: integer(0, 7) }),
    scheduler: shape(
      { policy: oneOf(Object.keys(SCHEDULER_POLICIES)) },
      {
        nice: integer(-20, 19),
        priority: integer(0, 99),
        flags: list(oneOf(Object.keys(SCHEDULER_FLAGS))),
        runtime: uint64,
        deadline: uint64,
        period: uint64,
      },
    ),
    execCPUAffinity: shape({}, { initial: numberList, final: numberList }),
  },
)

/** Checks the process of a spec or of an exec; see `validateSpec`. */
export function validateProcess(value: unknown, path = 'process'): Process {
  processShape(value, path)
  const process = value as Process
  if (process.args.length === 0 || process.args[0] === '') throw bad(`${path}.args`, 'a list that begins with a program')
  process.env?.forEach((entry, index) => {
    if (entry.indexOf('=') < 1) throw bad(`${path}.env[${index}]`, 'NAME=value', entry)
  })
  const types = new Set<string>()
  process.rlimits?.forEach(({ type, soft, hard }, index) => {
    if (types.has(type)) throw bad(`${path}.rlimits[${index}].type`, 'listed once', type)
    if (soft > hard) throw bad(`${path}.rlimits[${index}].soft`, 'at most the hard limit', soft)
    types.add(type)
  })
  return process
}
