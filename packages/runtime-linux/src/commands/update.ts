import { readFileSync } from 'node:fs'
import type { LinuxResources } from '../spec/resources.ts'
import { validateResources } from '../spec/validate-resources.ts'
import { type Command, type CommandContext, idOf } from './command.ts'
import { sizeBytes, wholeNumber } from './flag-values.ts'
import { type FlagKinds, UsageError } from './parse-flags.ts'

const STDIN = 0

/** Kernel memory has had no limits of its own since Linux 5.4; engines still hand the flags on. */
const IGNORED: FlagKinds = { 'kernel-memory': false, 'kernel-memory-tcp': false }

/** `ct-runc update`: limits by flags, or as JSON in a file or on standard input. */
export const update: Command = {
  name: 'update',
  summary: 'change the limits of a container',
  usage: '<container-id>',
  flags: {
    resources: false,
    'blkio-weight': false,
    'cpu-burst': false,
    'cpu-idle': false,
    'cpu-period': false,
    'cpu-quota': false,
    'cpu-rt-period': false,
    'cpu-rt-runtime': false,
    'cpu-share': false,
    'cpuset-cpus': false,
    'cpuset-mems': false,
    'l3-cache-schema': false,
    'mem-bw-schema': false,
    memory: false,
    'memory-reservation': false,
    'memory-swap': false,
    'pids-limit': false,
    ...IGNORED,
  },
  aliases: { r: 'resources' },
  async run(context) {
    const { resources } = context.flags
    for (const name of ['l3-cache-schema', 'mem-bw-schema']) {
      if (context.flags[name]) throw new UsageError(`--${name} is not supported: Intel RDT is not`)
    }
    const value: unknown =
      resources === undefined ? resourcesOf(context) : JSON.parse(readFileSync(resources === '-' ? STDIN : resources, 'utf8'))
    await context.runtime.update(idOf(context), validateResources(value))
    return 0
  },
}

/** The limits that the flags give; the others stay. */
function resourcesOf({ flags }: CommandContext): LinuxResources {
  const number = (name: string) => wholeNumber(name, flags[name])
  const size = (name: string) => sizeBytes(name, flags[name])
  const pids = number('pids-limit')
  return {
    blockIO: { weight: number('blkio-weight') },
    cpu: {
      shares: number('cpu-share'),
      quota: number('cpu-quota'),
      period: number('cpu-period'),
      burst: number('cpu-burst'),
      idle: number('cpu-idle'),
      realtimePeriod: number('cpu-rt-period'),
      realtimeRuntime: number('cpu-rt-runtime'),
      cpus: flags['cpuset-cpus'],
      mems: flags['cpuset-mems'],
    },
    memory: { limit: size('memory'), reservation: size('memory-reservation'), swap: size('memory-swap') },
    pids: pids === undefined ? undefined : { limit: pids },
  }
}
