import { type Client, createClient } from '@ct/api'
import { defaultPlaces, type Places } from '../host.ts'
import { isListening } from './probe.ts'

/** What is needed to start a daemon. */
export interface ConnectOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  /** The command line that is this program; absent: no daemon is started. */
  readonly self?: readonly string[] | undefined
  /** @default those of the user by `env` */
  readonly places?: Places
  readonly idleSeconds?: number
}

/** A client of the daemon at the address; the one of the default place is started when it is missing. */
export async function connect(host: string, { env, self, places = defaultPlaces(env), idleSeconds }: ConnectOptions): Promise<Client> {
  if (self !== undefined && host === places.host && !(await isListening(host))) {
    const { startDaemon } = await import('./start-daemon.ts')
    await startDaemon({ self, places, env, idleSeconds })
  }
  return createClient({ host })
}
