import { expect, it } from 'vitest'
import { parseChallenge } from '../../src/auth/challenge.ts'

it.each([
  ['Basic realm="x"', { scheme: 'basic' }],
  ['basic', { scheme: 'basic' }],
  [
    'Bearer realm="https://a/b",service="s",scope="r:a:pull r:b:pull"',
    { scheme: 'bearer', realm: 'https://a/b', service: 's', scopes: ['r:a:pull', 'r:b:pull'] },
  ],
  ['Bearer realm = "https://a/b" , service=s', { scheme: 'bearer', realm: 'https://a/b', service: 's', scopes: [] }],
  ['Bearer realm="a \\"quoted\\", b"', { scheme: 'bearer', realm: 'a "quoted", b', service: undefined, scopes: [] }],
  ['Negotiate, Basic realm="x", Bearer realm="https://a"', { scheme: 'bearer', realm: 'https://a', service: undefined, scopes: [] }],
  ['Bearer service="s"', undefined],
  ['Negotiate abc', undefined],
  ['Bearer realm="never closed', undefined],
  ['=,=,"', undefined],
  ['', undefined],
  [undefined, undefined],
])('reads %j', (header, expected) => {
  expect(parseChallenge(header)).toEqual(expected)
})
