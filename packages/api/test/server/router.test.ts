import { describe, expect, it } from 'vitest'
import { ROUTES } from '../../src/routes.ts'
import { createRouter } from '../../src/server/router.ts'

const router = createRouter(ROUTES)

describe('the router', () => {
  it.each([
    ['GET', '/containers/json', '/containers/json', {}],
    ['GET', '/v1.24/containers/json', '/containers/json', {}],
    ['GET', '/v1.51/containers/abc/json', '/containers/{id}/json', { id: 'abc' }],
    ['GET', '/images/json', '/images/json', {}],
    ['GET', '/images/get', '/images/get', {}],
    ['GET', '/images/a/b:c/json', '/images/{name*}/json', { name: 'a/b:c' }],
    ['GET', '/images/127.0.0.1%3A5000%2Fa%2Fb:c/get', '/images/{name*}/get', { name: '127.0.0.1:5000/a/b:c' }],
    ['DELETE', '/images/sha256:abc', '/images/{name*}', { name: 'sha256:abc' }],
    ['POST', '/images/x/push', '/images/{name*}/push', { name: 'x' }],
    ['GET', '/networks/', '/networks', {}],
    ['HEAD', '/_ping', '/_ping', {}],
  ])('%s %s', (method, path, template, params) => {
    const match = router(method, path)
    expect(match.route.endpoint).toMatchObject({ method, path: template })
    expect({ ...match.params }).toEqual(params)
  })

  it.each([
    ['GET', '/v1.99/version', 'API_BAD_VERSION', 'client version 1.99 is too new. Maximum supported API version is 1.51'],
    [
      'GET',
      '/v1.23/version',
      'API_BAD_VERSION',
      'client version 1.23 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version',
    ],
    ['GET', '/nothing', 'API_NO_ROUTE', 'page not found'],
    ['POST', '/version', 'API_NO_ROUTE', 'page not found'],
    ['GET', '/plugins/x/json', 'API_NO_ROUTE', 'page not found'],
    ['POST', '/v1.41/build', 'API_NOT_BUILT', 'POST /build is not built yet'],
    ['POST', '/networks/create', 'API_NOT_BUILT', 'POST /networks/create is not built yet'],
    ['GET', '/services', 'API_NO_SWARM', 'This node is not a swarm manager.'],
    ['GET', '/v1.41/swarm', 'API_NO_SWARM', 'This node is not a swarm manager.'],
    ['GET', '/containers/%ZZ/json', 'API_BAD_REQUEST', 'invalid URL escape'],
  ])('%s %s is %s', (method, path, code, message) => {
    expect(() => router(method, path)).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }))
  })
})
