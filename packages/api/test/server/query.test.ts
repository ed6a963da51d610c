import { describe, expect, it } from 'vitest'
import type { Endpoint } from '../../src/endpoint.ts'
import { decodeQuery } from '../../src/server/query.ts'

const endpoint = {
  method: 'GET',
  path: '/',
  summary: '',
  answer: 'none',
  query: { all: 'flag', limit: 'integer', names: 'strings', since: 'time', text: 'string', filters: 'filters' },
} as const satisfies Endpoint

describe('a query', () => {
  it.each([
    ['', {}],
    ['other=1', {}],
    ['all=1', { all: true }],
    ['all=True', { all: true }],
    ['all=yes', { all: true }],
    ['all', { all: false }],
    ['all=0', { all: false }],
    ['all=no', { all: false }],
    ['all=FALSE', { all: false }],
    ['all=none', { all: false }],
    ['limit=-1', { limit: -1 }],
    ['limit=', { limit: undefined }],
    ['names=a&names=b', { names: ['a', 'b'] }],
    ['since=1700000000.123456789', { since: '1700000000.123456789' }],
    ['text=a%2Fb+c', { text: 'a/b c' }],
    ['filters={"status":["exited"],"label":["a","b=c"]}', { filters: { status: ['exited'], label: ['a', 'b=c'] } }],
    ['filters={"status":{"exited":true},"label":{"a":true,"b=c":true}}', { filters: { status: ['exited'], label: ['a', 'b=c'] } }],
    ['filters={"dangling":"true"}', { filters: { dangling: ['true'] } }],
    ['filters={"__proto__":["x"]}', { filters: JSON.parse('{"__proto__":["x"]}') }],
    ['filters=', { filters: {} }],
  ])('%s', (search, values) => {
    expect(decodeQuery(endpoint, new URLSearchParams(search))).toEqual(values)
  })

  it.each([
    'limit=x',
    'limit=1.5',
    'limit=99999999999999999999',
    'since=bogus',
    'since=-5',
    'filters=[]',
    'filters={',
    'filters={"a":[1]}',
    'filters=null',
  ])('%s is API_BAD_REQUEST', (search) => {
    expect(() => decodeQuery(endpoint, new URLSearchParams(search))).toThrow(
      expect.objectContaining({ code: 'API_BAD_REQUEST', kind: 'invalid' }),
    )
  })
})
