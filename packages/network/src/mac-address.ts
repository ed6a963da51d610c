import { NetworkError } from './errors.ts'

/** `'02:42:ac:1e:00:02'` as six bytes; groups and nobody (all zeros) are refused. Throws `NETWORK_ADDRESS_INVALID`. */
export function parseMacAddress(text: string): Buffer {
  if (!/^(?!00:00:00:00:00:00)[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/i.test(text))
    throw new NetworkError('NETWORK_ADDRESS_INVALID', `${JSON.stringify(text)} is not the MAC address of an interface`, { kind: 'invalid' })
  return Buffer.from(text.replaceAll(':', ''), 'hex')
}

/** The locally administered MAC address that belongs to an IPv4 address, so that neighbours' caches stay right when it is used again. */
export function macAddressOf(address: number): string {
  return ['02', '42', ...[24, 16, 8, 0].map((shift) => ((address >>> shift) & 255).toString(16).padStart(2, '0'))].join(':')
}
