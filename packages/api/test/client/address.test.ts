import { describe, expect, it } from 'vitest'
import { parseAddress } from '../../src/client/address.ts'

describe('an address', () => {
  it.each([
    ['unix:///run/ct/ct.sock', { socketPath: '/run/ct/ct.sock' }],
    ['tcp://127.0.0.1:2376', { host: '127.0.0.1', port: 2376 }],
    ['tcp://localhost', { host: 'localhost', port: 2375 }],
    ['http://[::1]:80/', { host: '::1', port: 80 }],
  ])('%s', (text, address) => {
    expect(parseAddress(text)).toEqual(address)
  })

  it.each(['', '/run/ct.sock', 'unix://x', 'unix:///', 'tcp://', 'tcp://a:99999', 'tcp://a:b', 'ssh://host', 'tcp://a/b'])(
    '%j is API_BAD_ADDRESS',
    (text) => {
      expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code: 'API_BAD_ADDRESS', kind: 'invalid' }))
    },
  )
})
