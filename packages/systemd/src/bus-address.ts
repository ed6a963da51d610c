import { SystemdError } from './errors.ts'

/**
 * The socket that an address of a bus names, the first of those that are unix sockets: a path, or the name of an abstract
 * socket after a zero byte.
 * @throws SystemdError SYSTEMD_UNAVAILABLE when it names none.
 * @see https://dbus.freedesktop.org/doc/dbus-specification.html#addresses
 */
export function socketOfAddress(address: string): string {
  for (const [, list = ''] of address.split(';').map((part) => /^unix:(.*)$/.exec(part) ?? [])) {
    const keys = new Map(list.split(',').map((pair) => [pair.replace(/=.*/, ''), unescapeBytes(pair.replace(/^[^=]*=/, ''))]))
    const name = keys.get('abstract')
    const path = keys.get('path') ?? (name === undefined ? undefined : `\0${name}`)
    if (path) return path
  }
  throw new SystemdError('SYSTEMD_UNAVAILABLE', `${JSON.stringify(address)} is not the address of a bus on a unix socket`, {
    kind: 'unsupported',
    hint: 'give one such as unix:path=/run/user/1000/bus',
  })
}

/** Bytes that may not stand in an address are `%` and two digits. */
function unescapeBytes(text: string): string {
  const bytes = text.replace(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
  return text.includes('%') ? Buffer.from(bytes, 'latin1').toString() : text
}
