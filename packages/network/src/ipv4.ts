import { NetworkError } from './errors.ts'

/** An IPv4 subnet; addresses are numbers of 32 bits. */
export interface Subnet {
  readonly base: number
  readonly prefixLength: number
}

/** `'10.1.2.3'` as a number. Leading zeros are refused: programs disagree whether they make a number octal. Throws `NETWORK_ADDRESS_INVALID`. */
export function parseAddress(text: string): number {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255))
    throw invalid(text, 'an IPv4 address')
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0)
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.')
}

/** The four bytes of an address in network order. */
export function addressBytes(address: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(address)
  return bytes
}

/** `'172.30.0.0/16'`; bits after the prefix are cleared. Throws `NETWORK_ADDRESS_INVALID`. */
export function parseSubnet(text: string): Subnet {
  const [address = '', length = '', ...rest] = text.split('/')
  const prefixLength = Number(length)
  if (rest.length > 0 || !/^[1-9]\d?$/.test(length) || prefixLength < 8 || prefixLength > 30)
    throw invalid(text, 'an IPv4 subnet with a prefix of 8 to 30 bits')
  return { base: (parseAddress(address) & subnetMask(prefixLength)) >>> 0, prefixLength }
}

export function formatSubnet({ base, prefixLength }: Subnet): string {
  return `${formatAddress(base)}/${prefixLength}`
}

/** The mask of a prefix. */
export function subnetMask(prefixLength: number): number {
  return prefixLength === 0 ? 0 : (-1 << (32 - prefixLength)) >>> 0
}

/** The number of addresses, network and broadcast address included. */
export function subnetSize({ prefixLength }: Subnet): number {
  return 2 ** (32 - prefixLength)
}

export function isInSubnet(address: number, { base, prefixLength }: Subnet): boolean {
  return (address & subnetMask(prefixLength)) >>> 0 === base
}

export function subnetsOverlap(a: Subnet, b: Subnet): boolean {
  return a.prefixLength < b.prefixLength ? isInSubnet(b.base, a) : isInSubnet(a.base, b)
}

function invalid(text: string, what: string): NetworkError {
  return new NetworkError('NETWORK_ADDRESS_INVALID', `${JSON.stringify(text)} is not ${what}`, { kind: 'invalid' })
}
