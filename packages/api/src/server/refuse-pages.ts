import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { ApiError } from '../errors.ts'

/**
 * Refuses what a page in a browser asks for: it can reach a port of the loopback, and whoever reaches it has root. A page names its
 * origin with everything that changes something; one whose name was made to lead here (DNS rebinding) still gives that name as host.
 * Throws `API_DENIED_PAGE`.
 */
export function refusePages({ headers: { origin, host }, socket }: IncomingMessage): void {
  const isTcp = socket.remoteAddress !== undefined
  if (origin === undefined && (!isTcp || host === undefined || isOwnName(host))) return
  throw new ApiError('API_DENIED_PAGE', `this is not for pages in a browser (${(origin ?? host ?? '').slice(0, 200)})`, {
    kind: 'denied',
    hint: 'name the host 127.0.0.1 or localhost, and send no Origin',
  })
}

/** Names that only this machine gives: addresses, localhost, and what docker's clients write where there is no host. */
function isOwnName(host: string): boolean {
  const name = host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')
  return isIP(name) !== 0 || name === '' || name === 'docker' || /(^|\.)localhost$/i.test(name)
}
