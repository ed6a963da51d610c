import { readFileSync } from 'node:fs'
import { CAPABILITIES } from '../capabilities.ts'
import { DEFAULT_PATH } from '../plan/exec-files.ts'
import { capabilitiesOf } from '../spec/default-spec.ts'
import type { Process } from '../spec/process.ts'
import { validateProcess } from '../spec/validate-process.ts'
import { type Command, type CommandContext, idOf, isOn } from './command.ts'
import { wholeNumber } from './flag-values.ts'
import { follow } from './follow.ts'
import { withHome } from './home.ts'
import { LAUNCH_FLAGS, launchingOf } from './launch.ts'
import { UsageError } from './parse-flags.ts'

/** `ct-runc exec`. */
export const exec: Command = {
  name: 'exec',
  summary: 'execute a program in a running container',
  usage: '<container-id> <command> [argument...]',
  failureStatus: 255,
  flags: {
    ...LAUNCH_FLAGS,
    'additional-gids': false,
    apparmor: false,
    cap: false,
    cgroup: false,
    cwd: false,
    detach: true,
    env: false,
    'ignore-paused': true,
    'no-new-privs': true,
    process: false,
    'process-label': false,
    tty: true,
    user: false,
  },
  aliases: { c: 'cap', d: 'detach', e: 'env', g: 'additional-gids', p: 'process', t: 'tty', u: 'user' },
  async run(context) {
    const id = idOf(context)
    const { rootfs, process: first } = context.runtime.recordOf(id)
    const wanted = context.flags.process ? readProcess(context.flags.process) : processOf(context, first)
    const process = withHome(wanted, rootfs)
    const detach = isOn(context, 'detach')
    const terminal = process.terminal ?? false
    const options = {
      ...launchingOf(context, { detach, terminal }),
      stdin: true,
      hold: !detach && terminal,
      cgroup: cgroupOf(context.values.cgroup),
      ignorePaused: isOn(context, 'ignore-paused'),
    }
    const launch = () => context.runtime.exec(id, process, options)
    if (!detach) return follow({ launch, start: (supervisor) => supervisor.start(), terminal })
    await launch()
    return 0
  },
}

function readProcess(path: string): Process {
  return validateProcess(JSON.parse(readFileSync(path, 'utf8')))
}

/** The cgroup below the container's; one for all hierarchies, so not with names of controllers before it. */
function cgroupOf(values: readonly string[] = []): string | undefined {
  const [path, ...others] = values
  if (others.length > 0 || path?.includes(':')) throw new UsageError('--cgroup takes one path for all controllers')
  return path
}

/** A process from the flags; what they leave out is as in the container's first process. */
function processOf(context: CommandContext, first: Process): Process {
  const { flags, values, rest } = context
  const args = rest.slice(1)
  if (args.length === 0) throw new UsageError('process args cannot be empty')
  const [uid, gid, more] = (flags.user ?? '').split(':').map((word) => wholeNumber('user', word))
  if (more !== undefined) throw new UsageError('--user takes <uid>[:<gid>]')
  const extra = values.cap ?? []
  for (const name of extra) if (!CAPABILITIES.includes(name)) throw new UsageError(`unknown capability ${JSON.stringify(name)}`)
  return {
    ...first,
    args,
    terminal: isOn(context, 'tty'),
    env: [...(first.env ?? [`PATH=${DEFAULT_PATH}`]), ...(values.env ?? [])],
    cwd: flags.cwd ?? first.cwd,
    user: {
      ...first.user,
      uid: uid ?? first.user.uid,
      gid: gid ?? first.user.gid,
      additionalGids: values['additional-gids']?.map((gid) => wholeNumber('additional-gids', gid) ?? 0) ?? first.user.additionalGids,
    },
    apparmorProfile: flags.apparmor ?? first.apparmorProfile,
    selinuxLabel: flags['process-label'] ?? first.selinuxLabel,
    noNewPrivileges: isOn(context, 'no-new-privs') || first.noNewPrivileges,
    capabilities: extra.length > 0 ? capabilitiesOf([...new Set([...(first.capabilities?.bounding ?? []), ...extra])]) : first.capabilities,
  }
}
