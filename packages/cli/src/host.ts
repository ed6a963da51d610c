import { join } from 'node:path'
import { CliError } from './errors.ts'

type Env = Readonly<Record<string, string | undefined>>

/** Where a user's daemon keeps its things when nothing else is said. */
export interface Places {
  /** `/var/lib/ct`, or a user's `~/.local/share/ct`. */
  readonly root: string
  /** `/run/ct`, or a user's `$XDG_RUNTIME_DIR/ct`. */
  readonly runtimeDirectory: string
  /** The socket below it, as an address. */
  readonly host: string
}

/** The places of root, or of a user by the XDG variables. See https://specifications.freedesktop.org/basedir-spec/latest/ */
export function defaultPlaces(env: Env, uid: number = process.getuid?.() ?? 0): Places {
  const runtimeDirectory = uid === 0 ? '/run/ct' : join(env.XDG_RUNTIME_DIR ?? `/run/user/${uid}`, 'ct')
  const root = uid === 0 ? '/var/lib/ct' : join(env.XDG_DATA_HOME ?? join(env.HOME ?? '/', '.local/share'), 'ct')
  return { root, runtimeDirectory, host: `unix://${join(runtimeDirectory, 'ct.sock')}` }
}

/** The address of the daemon: the flag, else CT_HOST, else the default place. Throws `CLI_BAD_HOST`. */
export function chooseHost(flag: string | undefined, env: Env): string {
  const host = flag ?? env.CT_HOST ?? ''
  if (host === '') return defaultPlaces(env).host
  if (/^unix:\/\/\/./.test(host) || /^(tcp|http):\/\/[^/]/.test(host)) return host
  if (host.startsWith('/')) return `unix://${host}`
  throw new CliError('CLI_BAD_HOST', `${host} is not the address of a daemon`, {
    kind: 'invalid',
    exitCode: 125,
    hint: 'write unix:///path/of/socket or tcp://host:port',
  })
}
