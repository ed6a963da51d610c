import { describe, expect, it } from 'vitest'
import { AddressPool } from '../src/address-pool.ts'
import { parseSubnet } from '../src/ipv4.ts'

const pool = (subnet = '10.1.2.0/29'): AddressPool => new AddressPool(parseSubnet(subnet))

describe('an address pool', () => {
  it('hands out every host address once, then says that there is no more', () => {
    const addresses = pool()
    expect(Array.from({ length: 6 }, () => addresses.allocate())).toEqual([1, 2, 3, 4, 5, 6].map((host) => `10.1.2.${host}`))
    expect(() => addresses.allocate()).toThrow(expect.objectContaining({ code: 'NETWORK_ADDRESSES_EXHAUSTED', kind: 'exhausted' }))
  })

  it('uses an address again only after all others', () => {
    const addresses = pool()
    addresses.release(addresses.allocate())
    expect(Array.from({ length: 6 }, () => addresses.allocate()).at(0)).toBe('10.1.2.2')
  })

  it('passes over reserved addresses', () => {
    const addresses = pool()
    addresses.reserve('10.1.2.1')
    addresses.reserve('10.1.2.2')
    expect(addresses.allocate()).toBe('10.1.2.3')
    expect(() => addresses.reserve('10.1.2.3')).toThrow(expect.objectContaining({ code: 'NETWORK_ADDRESS_IN_USE', kind: 'conflict' }))
  })

  it.each(['10.1.2.0', '10.1.2.7', '10.1.2.8', '10.1.1.255', '256.1.1.1', '10.1.2', 'x'])('cannot reserve %s', (address) => {
    expect(() => pool().reserve(address)).toThrow(expect.objectContaining({ code: 'NETWORK_ADDRESS_INVALID', kind: 'invalid' }))
  })
})
