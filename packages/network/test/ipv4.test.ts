import { describe, expect, it } from 'vitest'
import { formatAddress, formatSubnet, isInSubnet, parseAddress, parseSubnet, subnetsOverlap } from '../src/ipv4.ts'

describe('IPv4 addresses and subnets', () => {
  it.each(['0.0.0.0', '127.0.0.1', '172.30.255.254', '255.255.255.255'])('%s survives being a number', (text) => {
    expect(formatAddress(parseAddress(text))).toBe(text)
  })

  it('a subnet forgets the bits behind its prefix', () => {
    expect(formatSubnet(parseSubnet('172.30.7.9/16'))).toBe('172.30.0.0/16')
    expect(formatSubnet(parseSubnet('255.255.255.255/30'))).toBe('255.255.255.252/30')
  })

  it.each([
    '010.0.0.1',
    '10.0.0.08',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '1.2.3.-4',
    ' 1.2.3.4',
    '1.2.3.4\n',
    '0x1.2.3.4',
    '1.2.3.',
    '::1',
    '',
  ])('%j is no address', (text) => {
    expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code: 'NETWORK_ADDRESS_INVALID' }))
  })

  it.each([
    '10.0.0.0',
    '10.0.0.0/',
    '10.0.0.0/16/24',
    '10.0.0.0/016',
    '010.0.0.0/16',
    '10.0.0.0/7',
    '10.0.0.0/31',
    '10.0.0.0/x',
    '10.0.0/8',
    '/8',
    'fd00::/64',
  ])('%s is no subnet', (text) => {
    expect(() => parseSubnet(text)).toThrow(expect.objectContaining({ code: 'NETWORK_ADDRESS_INVALID' }))
  })

  it.each([
    ['10.0.0.0/8', '10.255.0.0/16', true],
    ['10.0.0.0/16', '10.1.0.0/16', false],
    ['192.168.0.0/20', '192.168.15.0/24', true],
    ['192.168.0.0/20', '192.168.16.0/24', false],
  ])('%s and %s overlap: %s', (one, other, overlap) => {
    expect(subnetsOverlap(parseSubnet(one), parseSubnet(other))).toBe(overlap)
    expect(subnetsOverlap(parseSubnet(other), parseSubnet(one))).toBe(overlap)
  })

  it('an address above 128.0.0.0 is found in its subnet', () => {
    expect(isInSubnet(parseAddress('192.168.1.1'), parseSubnet('192.168.0.0/16'))).toBe(true)
    expect(isInSubnet(parseAddress('192.169.1.1'), parseSubnet('192.168.0.0/16'))).toBe(false)
  })
})
