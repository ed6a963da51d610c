import type { Endpoint } from '../endpoint.ts'
import type { Handler } from '../server/handler.ts'
import { PING_HEADERS } from '../translate/system.ts'

/** The headers of a ping alone. */
export const systemPingHead = {
  method: 'HEAD',
  path: '/_ping',
  summary: 'The headers of a ping alone.',
  answer: 'none',
  status: 200,
  versionless: true,
} as const satisfies Endpoint

export const systemPingHeadHandler: Handler<typeof systemPingHead> = async ({ answerHeaders }) => {
  Object.assign(answerHeaders, PING_HEADERS)
}
