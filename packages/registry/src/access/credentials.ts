/** A user name and what proves it. */
export interface Credentials {
  readonly user: string
  readonly password: string
}

/** Reads an Authorization header of scheme Basic; `undefined` when it is none. */
export function parseBasic(authorization: string | undefined): Credentials | undefined {
  const match = /^Basic ([A-Za-z0-9+/]+=*)$/i.exec(authorization ?? '')
  const text = match === null ? '' : Buffer.from(match[1] ?? '', 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon === -1 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) }
}
