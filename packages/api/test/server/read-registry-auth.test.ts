import { describe, expect, it } from 'vitest'
import { encodeRegistryAuth } from '../../src/registry-auth.ts'
import { readRegistryAuth } from '../../src/server/read-registry-auth.ts'

describe('X-Registry-Auth', () => {
  it.each([
    [
      { username: 'ü', password: '??>>~~' },
      { username: 'ü', password: '??>>~~' },
    ],
    [{ identitytoken: 'abc' }, { identityToken: 'abc' }],
    [{ registrytoken: 'abc' }, { registryToken: 'abc' }],
    [{}, undefined],
    [{ email: 'x@example.com' }, undefined],
  ])('carries %j', (auth, credentials) => {
    const header = encodeRegistryAuth(auth)
    expect(header).toMatch(/^[\w-]+={0,2}$/)
    expect(header.length % 4).toBe(0)
    expect(readRegistryAuth({ 'x-registry-auth': header })).toEqual(credentials)
  })

  it('may be missing, or in plain base64', () => {
    expect(readRegistryAuth({})).toBeUndefined()
    expect(readRegistryAuth({ 'x-registry-auth': btoa('{"username":"a>b?"}') })).toMatchObject({ username: 'a>b?' })
  })

  it('may say null, which is no login', () => {
    expect(readRegistryAuth({ 'x-registry-auth': btoa('null') })).toBeUndefined()
  })

  it.each(['%%%', btoa('nonsense'), btoa('[]'), btoa('{"username":5}')])('%s is API_BAD_REQUEST', (header) => {
    expect(() => readRegistryAuth({ 'x-registry-auth': header })).toThrow(expect.objectContaining({ code: 'API_BAD_REQUEST' }))
  })
})
