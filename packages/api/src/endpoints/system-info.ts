import type { Endpoint, JsonAnswer } from '../endpoint.ts'
import type { Handler } from '../server/handler.ts'
import { systemInfoOf } from '../translate/system.ts'
import type { SystemInfo } from '../wire/system.ts'

/** Facts about the daemon and its machine. */
export const systemInfo = {
  method: 'GET',
  path: '/info',
  summary: 'Facts about the daemon and its machine.',
  answer: 'json' as JsonAnswer<SystemInfo>,
} as const satisfies Endpoint

export const systemInfoHandler: Handler<typeof systemInfo> = async ({ engine }) => systemInfoOf(await engine.info(), new Date())
