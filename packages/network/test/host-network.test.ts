import { describe, expect, it } from 'vitest'
import { chooseSubnet, type HostNetwork, outsideMtu } from '../src/host-network.ts'
import { formatSubnet, parseAddress } from '../src/ipv4.ts'

const DEFAULT_ROUTE = { destination: { base: 0, prefixLength: 0 }, index: 2 }

function host(...routes: string[]): HostNetwork {
  const parsed = routes.map((text) => {
    const [address = '', length = ''] = text.split('/')
    return { destination: { base: parseAddress(address), prefixLength: Number(length) }, index: 2 }
  })
  return { links: [{ index: 2, name: 'eth0', mtu: 1400 }], addresses: [], routes: [DEFAULT_ROUTE, ...parsed] }
}

const choose = (network: HostNetwork, bridgeIndex?: number): string => formatSubnet(chooseSubnet(network, '172.30.0.0/16', bridgeIndex))

describe('the subnet of a new network', () => {
  it('is the wanted one when it is free, whatever the default route', () => {
    expect(choose(host('10.0.0.0/8', '192.168.1.0/24'))).toBe('172.30.0.0/16')
  })

  it('is another private one when a route leads into the wanted one', () => {
    expect(choose(host('172.30.5.0/24'))).toBe('172.31.0.0/16')
    expect(choose(host('172.16.0.0/12'))).toBe('192.168.0.0/20')
    expect(choose(host('172.16.0.0/12', '192.168.0.0/18'))).toBe('192.168.64.0/20')
  })

  it('is another one when an interface has an address in the wanted one', () => {
    expect(choose({ ...host(), addresses: [{ index: 3, address: parseAddress('172.30.0.9'), prefixLength: 32 }] })).toBe('172.31.0.0/16')
  })

  it('stays the same when only the bridge itself uses it', () => {
    const address = { index: 2, address: parseAddress('172.30.0.1'), prefixLength: 16 }
    expect(choose({ ...host('172.30.0.0/16'), addresses: [address] }, 2)).toBe('172.30.0.0/16')
  })

  it('cannot be found when routes cover everything', () => {
    expect(() => choose(host('0.0.0.0/1', '128.0.0.0/1'))).toThrow(
      expect.objectContaining({ code: 'NETWORK_SUBNETS_EXHAUSTED', kind: 'exhausted' }),
    )
  })
})

describe('the MTU of a new network', () => {
  it('is that of the interface with the default route, else 1500', () => {
    expect(outsideMtu(host())).toBe(1400)
    expect(outsideMtu({ ...host(), routes: [] })).toBe(1500)
  })
})
