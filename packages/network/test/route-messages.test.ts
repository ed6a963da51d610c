import { describe, expect, it } from 'vitest'
import { parseAddress } from '../src/ipv4.ts'
import { addDefaultRoute, deleteLink, parseLink, parseLinkAddress, parseRoute, setLinkUp } from '../src/route-messages.ts'

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(/\s/g, ''), 'hex')

describe('rtnetlink messages', () => {
  it('have every byte where rtnetlink(7) puts it', () => {
    expect(setLinkUp(1)).toEqual(bytes('20000000 1000 0500 00000000 00000000  00 00 0000 01000000 01000000 01000000'))
    expect(deleteLink('veth0')).toEqual(
      bytes('2c000000 1100 0500 00000000 00000000  00 00 0000 00000000 00000000 00000000  0a00 0300 766574683000 0000'),
    )
    expect(addDefaultRoute(7, parseAddress('172.30.0.1'))).toEqual(
      bytes('2c000000 1800 0506 00000000 00000000  02 00 00 00 fe 03 00 01 00000000  0800 0500 ac1e0001  0800 0400 07000000'),
    )
  })

  it('of other kinds than the one asked for are passed over', () => {
    const message = setLinkUp(3)
    expect(parseLink(message)).toMatchObject({ index: 3, name: '', mtu: 0 })
    expect(parseLinkAddress(message)).toBeUndefined()
    expect(parseRoute(message)).toBeUndefined()
  })
})
