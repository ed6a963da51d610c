import { type LoadedBundle, loadBundle } from '../runtime/load-bundle.ts'
import type { CommandContext } from './command.ts'
import { withHome } from './home.ts'
import { activatedFds } from './preserved-fds.ts'

/** The bundle of a command. */
export interface Bundled {
  readonly bundle: LoadedBundle
  readonly terminal: boolean
  /** How many sockets an init system has handed to this program for the container. */
  readonly activated: number
}

/** Reads the bundle in the directory of `--bundle`, by default the working directory. */
export function readBundle({ flags }: CommandContext): Bundled {
  const bundle = loadBundle(flags.bundle ?? '.')
  const { process: first } = bundle.spec
  const activated = activatedFds(process.env)
  if (first === undefined) return { bundle, terminal: false, activated }
  const env = activated === 0 ? first.env : [...(first.env ?? []), `LISTEN_FDS=${activated}`, 'LISTEN_PID=1']
  const spec = { ...bundle.spec, process: withHome({ ...first, env }, bundle.rootfs) }
  return { bundle: { ...bundle, spec }, terminal: first.terminal ?? false, activated }
}
