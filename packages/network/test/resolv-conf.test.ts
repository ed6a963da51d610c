import { describe, expect, it } from 'vitest'
import { resolvConf } from '../src/index.ts'

describe('resolvConf', () => {
  it('keeps the name servers, search list and options of the host', () => {
    const text = '# comment\nnameserver 192.0.2.53\n nameserver\t192.0.2.54 \nsearch example.org example.com\noptions ndots:2 edns0\n'
    expect(resolvConf(text)).toBe('nameserver 192.0.2.53\nnameserver 192.0.2.54\nsearch example.org example.com\noptions ndots:2 edns0\n')
  })

  it.each(['nameserver 127.0.0.53\nnameserver ::1\n', 'nameserver fe80::1%eth0', '', 'nameserver\n'])(
    'takes public name servers where %j leaves none',
    (text) => {
      expect(resolvConf(text)).toBe('nameserver 8.8.8.8\nnameserver 8.8.4.4\n')
    },
  )

  it('takes what is given instead of the host’s', () => {
    const text = 'nameserver 192.0.2.53\nsearch example.org\noptions ndots:2'
    expect(resolvConf(text, { nameservers: ['192.0.2.9'], search: ['.'], options: ['ndots:0'] })).toBe(
      'nameserver 192.0.2.9\noptions ndots:0\n',
    )
  })
})

it.each([{ nameservers: ['1.1.1.1\nnameserver 6.6.6.6'] }, { search: ['a\nb'] }, { options: ['x y'] }, { search: ['\u0007'] }])(
  'refuses words that are not one: %j',
  (options) => {
    expect(() => resolvConf('', options)).toThrow(expect.objectContaining({ code: 'NETWORK_NAME_INVALID', kind: 'invalid' }))
  },
)
