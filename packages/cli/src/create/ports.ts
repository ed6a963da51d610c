import { isIP } from 'node:net'
import type { PortBinding } from '@ct/api'
import { badFlag } from './bad-flag.ts'

/** Ports for the body of a create: what is exposed, and where it is published. */
export interface Ports {
  readonly exposed: Record<string, object>
  readonly bindings: Record<string, PortBinding[]>
}

/** Reads `--publish` and `--expose` with their ranges. Throws `CLI_BAD_FLAG`. */
export function parsePorts(publish: readonly string[], expose: readonly string[]): Ports {
  const ports: Ports = { exposed: {}, bindings: {} }
  for (const text of expose) {
    const { range, protocol } = splitProtocol('expose', text, text)
    for (const port of portRange('expose', range, text)) ports.exposed[`${port}/${protocol}`] = {}
  }
  for (const text of publish) addPublished(ports, text)
  return ports
}

function addPublished(ports: Ports, text: string): void {
  const { address, host, rest } = splitAddress(text)
  const { range, protocol } = splitProtocol('publish', rest, text)
  const inside = portRange('publish', range, text)
  const outside = host === '' ? [] : portRange('publish', host, text)
  const isPool = inside.length === 1 && outside.length > 1
  if (outside.length > 0 && outside.length !== inside.length && !isPool) throw badFlag('publish', text, 'the port ranges differ in length')
  inside.forEach((port, index) => {
    const key = `${port}/${protocol}`
    const hostPort = isPool ? host : String(outside[index] ?? '')
    ports.exposed[key] = {}
    ports.bindings[key] = [...(ports.bindings[key] ?? []), { HostIp: address, HostPort: hostPort }]
  })
}

/** `[[address:]host:]container`; an IPv6 address stands in brackets. */
function splitAddress(text: string): { readonly address: string; readonly host: string; readonly rest: string } {
  const [, six, tail] = /^\[([^\]]*)\]:(.*)$/.exec(text) ?? []
  const parts = (tail ?? text).split(':')
  if (six !== undefined) parts.unshift(six)
  const rest = parts.pop() ?? ''
  const host = parts.pop() ?? ''
  const address = parts.join(':')
  if (address !== '' && isIP(address) === 0) throw badFlag('publish', text, `invalid IP address: ${address}`)
  return { address, host, rest }
}

function splitProtocol(flag: string, text: string, whole: string): { readonly range: string; readonly protocol: string } {
  const [range = '', protocol = 'tcp'] = text.split('/')
  const lower = protocol.toLowerCase()
  if (!['tcp', 'udp', 'sctp'].includes(lower)) throw badFlag(flag, whole, `invalid proto: ${protocol}`)
  return { range, protocol: lower }
}

function portRange(flag: string, text: string, whole: string): readonly number[] {
  const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? []
  const [start, end] = [Number(first), Number(last)]
  if (first === undefined || start > end || end > 65_535) throw badFlag(flag, whole, `invalid port specification: "${text}"`)
  return Array.from({ length: end - start + 1 }, (_, index) => start + index)
}
