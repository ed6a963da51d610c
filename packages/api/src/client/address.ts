import { ApiError } from '../errors.ts'

/** Where a daemon listens, as node:net and node:http take it. */
export type Address = { readonly socketPath: string } | { readonly host: string; readonly port: number }

/** Reads `unix:///run/ct/ct.sock`, `tcp://127.0.0.1:2375` or `http://…`. `API_BAD_ADDRESS` for anything else. */
export function parseAddress(text: string): Address {
  const unix = /^unix:\/\/(\/.+)$/.exec(text)
  if (unix?.[1] !== undefined) return { socketPath: unix[1] }
  const tcp = /^(?:tcp|http):\/\/(\[[0-9a-fA-F:.]+\]|[^/:[\]]+)(?::(\d{1,5}))?\/?$/.exec(text)
  const port = Number(tcp?.[2] ?? 2375)
  if (tcp?.[1] !== undefined && port <= 65535) return { host: tcp[1].replace(/^\[|\]$/g, ''), port }
  throw new ApiError('API_BAD_ADDRESS', `not an address of a daemon: ${text}`, {
    kind: 'invalid',
    hint: 'write unix:///path/of/socket or tcp://host:port',
  })
}
