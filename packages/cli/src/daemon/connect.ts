import { type Client, createClient } from '@ct/api'
import { defaultPlaces } from '../host.ts'
import { isListening } from './probe.ts'

/** What is needed to start a daemon. */
export interface ConnectOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  /** The command line that is this program; absent: no daemon is started. */
  readonly self?: readonly string[] | undefined
}

/** A client of the daemon at the address; the one of the default place is started when it is missing. */
export async function connect(host: string, { env, self }: ConnectOptions): Promise<Client> {
  const places = defaultPlaces(env)
  if (self !== undefined && host === places.host && !(await isListening(host))) {
    const { startDaemon } = await import('./start-daemon.ts')
    await startDaemon({ self, places, env })
  }
  return createClient({ host })
}
