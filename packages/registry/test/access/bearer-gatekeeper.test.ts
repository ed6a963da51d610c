import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { exportJWK, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bearerGatekeeper } from '../../src/access/bearer-gatekeeper.ts'
import type { Accounts } from '../../src/access/htpasswd.ts'
import { policyOf } from '../../src/access/policy.ts'
import { createTokenIssuer, type TokenIssuer } from '../../src/access/token-issuer.ts'
import { errorCodeOf } from '../error-code.ts'
import { registryOnLoopback, type TestRegistry } from '../registry-on-loopback.ts'

const accounts: Accounts = { verify: async ({ user, password }) => password === `${user}'s secret` }
const policy = policyOf([
  { repositories: ['public/*'], users: ['anonymous'] },
  { users: ['alice'], actions: ['pull', 'push', 'delete', 'list'] },
])
const names = { issuer: 'https://issuer.test', service: 'registry.test' }
const basic = `Basic ${Buffer.from("alice:alice's secret").toString('base64')}`

let issuer: TokenIssuer
let registry: TestRegistry
let tokens: Awaited<ReturnType<typeof listen>>

beforeAll(async () => {
  issuer = await createTokenIssuer({ ...names, accounts, policy })
  tokens = await listen(issuer.handle)
  registry = await registryOnLoopback({ gatekeeper: bearerGatekeeper({ ...names, realm: `${tokens.url}/token`, keys: issuer.publicKey }) })
})
afterAll(async () => {
  await registry[Symbol.asyncDispose]()
  tokens.close()
})

async function listen(listener: Parameters<typeof createServer>[1]) {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() }
}

async function tokenFor(scope: string, authorization?: string): Promise<string> {
  const headers: Record<string, string> = authorization === undefined ? {} : { authorization }
  const answer = await fetch(`${tokens.url}/token?service=registry.test&scope=${encodeURIComponent(scope)}`, { headers })
  return ((await answer.json()) as { token: string }).token
}

const bearing = (token: string): RequestInit => ({ headers: { authorization: `Bearer ${token}` } })

describe('a registry with tokens', () => {
  it('says where to get which token', async () => {
    const answer = await registry.call('POST', '/v2/alice/app/blobs/uploads/')
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([
      401,
      `Bearer realm="${tokens.url}/token",service="registry.test",scope="repository:alice/app:pull,push"`,
    ])
    expect((await registry.call('GET', '/v2/')).headers.get('www-authenticate')).not.toContain('scope')
  })

  it('takes tokens of its issuer for what they say', async () => {
    const token = await tokenFor('repository:alice/app:pull,push', basic)
    expect((await registry.call('POST', '/v2/alice/app/blobs/uploads/', bearing(token))).status).toBe(202)
    const other = await registry.call('POST', '/v2/alice/other/blobs/uploads/', bearing(token))
    expect([other.status, await errorCodeOf(other)]).toEqual([401, 'DENIED'])
    expect(other.headers.get('www-authenticate')).toContain('scope="repository:alice/other:pull,push",error="insufficient_scope"')
    expect((await registry.call('GET', '/v2/', bearing(token))).status).toBe(200)
  })

  it('gives somebody without an account a token for what is open', async () => {
    const token = await tokenFor('repository:public/app:pull,push')
    expect((await registry.call('GET', '/v2/public/app/tags/list', bearing(token))).status).toBe(404)
    expect((await registry.call('POST', '/v2/public/app/blobs/uploads/', bearing(token))).status).toBe(401)
  })

  it('gives a token for a password by POST, too, and none for a wrong one', async () => {
    const form = { grant_type: 'password', username: 'alice', password: "alice's secret", scope: 'registry:catalog:* repository:a:pull' }
    const answer = await fetch(`${tokens.url}/token`, { method: 'POST', body: new URLSearchParams(form) })
    const { access_token: token } = (await answer.json()) as { access_token: string }
    expect((await registry.call('GET', '/v2/_catalog', bearing(token))).status).toBe(200)
    const wrong = await fetch(`${tokens.url}/token`, { method: 'POST', body: new URLSearchParams({ ...form, password: 'guess' }) })
    expect(wrong.status).toBe(401)
  })

  it.each([
    ['POST', 'grant_type=refresh_token', {}],
    ['POST', `x=${'x'.repeat(70_000)}`, {}],
    ['PUT', undefined, {}],
    ['GET', undefined, { authorization: 'Digest x' }],
  ])('refuses to make a token for %s %s', async (method, body, headers) => {
    const answer = await fetch(`${tokens.url}/token`, { method, headers, ...(body !== undefined && { body: new URLSearchParams(body) }) })
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.status).toBeLessThan(500)
  })

  it('refuses more scopes than anybody needs', async () => {
    const scopes = Array.from({ length: 51 }, (_, index) => `scope=repository:a${index}:pull`).join('&')
    expect((await fetch(`${tokens.url}/token?${scopes}`)).status).toBe(400)
  })
})

describe('a token', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const signed = (claims: { iss?: string; aud?: string; exp?: string }, key = privateKey, alg = 'ES256') =>
    new SignJWT({ access: [{ type: 'repository', name: 'a', actions: ['pull'] }, 'odd'] })
      .setProtectedHeader({ alg, kid: 'one' })
      .setIssuer(claims.iss ?? names.issuer)
      .setAudience(claims.aud ?? names.service)
      .setExpirationTime(claims.exp ?? '1m')
      .sign(key)

  it.each([
    ['of another key', () => signed({})],
    ['for another curve', () => signed({}, generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey, 'ES384')],
    ['of another kind', () => signed({}, generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey, 'RS256')],
    ['that is none', async () => 'x.y.z'],
    ['signed with a secret', () => signed({}, createSecret(), 'HS256')],
    [
      'without a signature',
      async () => `${btoa('{"alg":"none"}').replaceAll('=', '')}.${btoa('{"iss":"https://issuer.test"}').replaceAll('=', '')}.`,
    ],
  ])('%s is refused', async (_what, make) => {
    const answer = await registry.call('GET', '/v2/a/tags/list', bearing(await make()))
    expect([answer.status, await errorCodeOf(answer)]).toEqual([401, 'UNAUTHORIZED'])
    expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"')
  })

  it.each([
    ['as it should be', {}, 404],
    ['for another service', { aud: 'other' }, 401],
    ['of another issuer', { iss: 'https://other.test' }, 401],
    ['that has ended', { exp: '2 minutes ago' }, 401],
  ])('of an external issuer, known by its key set, %s: %j', async (_what, claims, status) => {
    const jwk = { ...(await exportJWK(createPublicKey(privateKey))), kid: 'one', alg: 'ES256', use: 'sig' }
    const keys = await listen((_request, response) => response.end(JSON.stringify({ keys: [jwk] })))
    const gatekeeper = bearerGatekeeper({ ...names, realm: 'https://issuer.test/token', keys: new URL(keys.url) })
    await using guarded = await registryOnLoopback({ gatekeeper })
    expect((await guarded.call('GET', '/v2/a/tags/list', bearing(await signed(claims)))).status).toBe(status)
    keys.close()
  })

  it.each([
    ['answers with a fault', 500, '{}'],
    ['gives something else', 200, '{"keys":"none"}'],
  ])('cannot be checked while the place of the keys %s, for which it is not to blame', async (_what, status, body) => {
    const keys = await listen((_request, response) => response.writeHead(status).end(body))
    const gatekeeper = bearerGatekeeper({ ...names, realm: 'https://issuer.test/token', keys: new URL(keys.url) })
    const errors: unknown[] = []
    await using guarded = await registryOnLoopback({ gatekeeper, onError: (error) => void errors.push(error) })
    const answer = await guarded.call('GET', '/v2/a/tags/list', bearing(await signed({})))
    expect([answer.status, await errorCodeOf(answer), errors.length]).toEqual([500, 'UNKNOWN', 1])
    keys.close()
  })

  it('of an issuer whose key set is at hand is taken, too', async () => {
    const keys = { keys: [{ ...(await exportJWK(createPublicKey(privateKey))), kid: 'one', alg: 'ES256', use: 'sig' }] }
    const gatekeeper = bearerGatekeeper({ ...names, realm: 'https://issuer.test/token', keys })
    await using guarded = await registryOnLoopback({ gatekeeper })
    expect((await guarded.call('GET', '/v2/a/tags/list', bearing(await signed({})))).status).toBe(404)
    const { privateKey: stranger } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    expect((await guarded.call('GET', '/v2/a/tags/list', bearing(await signed({}, stranger)))).status).toBe(401)
  })

  function createSecret(): never {
    return new TextEncoder().encode('a secret of thirty-two bytes ....') as never
  }
})
