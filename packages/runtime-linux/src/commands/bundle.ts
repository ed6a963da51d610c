import type { LoadedBundle } from '../runtime/load-bundle.ts'
import { loadBundle } from '../runtime/load-bundle.ts'
import type { CommandContext } from './command.ts'
import { withHome } from './home.ts'

/** The bundle of a command. */
export interface Bundled {
  readonly bundle: LoadedBundle
  readonly terminal: boolean
}

/** Reads the bundle in the directory of `--bundle`, by default the working directory. */
export function readBundle({ flags }: CommandContext): Bundled {
  const bundle = loadBundle(flags.bundle ?? '.')
  const { process } = bundle.spec
  const spec = process === undefined ? bundle.spec : { ...bundle.spec, process: withHome(process, bundle.rootfs) }
  return { bundle: { ...bundle, spec }, terminal: process?.terminal ?? false }
}
