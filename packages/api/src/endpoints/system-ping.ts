import { Readable } from 'node:stream'
import type { Endpoint } from '../endpoint.ts'
import type { Handler } from '../server/handler.ts'
import { PING_HEADERS } from '../translate/system.ts'

/** Says that the daemon is there, and which versions it speaks (in headers). */
export const systemPing = {
  method: 'GET',
  path: '/_ping',
  summary: 'Says that the daemon is there, and which versions it speaks (in headers).',
  answer: 'bytes',
  versionless: true,
} as const satisfies Endpoint

export const systemPingHandler: Handler<typeof systemPing> = ({ answerHeaders }) => {
  Object.assign(answerHeaders, PING_HEADERS)
  return { contentType: 'text/plain; charset=utf-8', body: Readable.from([Buffer.from('OK')]) }
}
