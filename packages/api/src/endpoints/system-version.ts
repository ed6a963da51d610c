import type { Endpoint, JsonAnswer } from '../endpoint.ts'
import type { Handler } from '../server/handler.ts'
import { systemVersionOf } from '../translate/system.ts'
import type { SystemVersion } from '../wire/system.ts'

/** Versions of the daemon and its parts. */
export const systemVersion = {
  method: 'GET',
  path: '/version',
  summary: 'Versions of the daemon and its parts.',
  answer: 'json' as JsonAnswer<SystemVersion>,
  versionless: true,
} as const satisfies Endpoint

export const systemVersionHandler: Handler<typeof systemVersion> = async ({ engine }) => systemVersionOf(await engine.info())
