import { digestOf } from '@ct/image'
import { body, testBlob } from '@ct/image/testing'
import { describe, expect, it } from 'vitest'
import { type Credentials, createRegistryClient } from '../../src/index.ts'
import { type Answer, type OddServer, oddServer, reply } from '../odd-server.ts'

const login: Credentials = { username: 'alice', password: 'correct:horse' }
const basic = `Basic ${Buffer.from('alice:correct:horse').toString('base64')}`

/** A registry that wants a token, and the service that gives it. */
async function guarded(giveToken: Answer, isGood: (token: string) => boolean = () => true) {
  const service = await oddServer(giveToken)
  const registry: OddServer = await oddServer((request, response) => {
    const token = /^Bearer (.*)$/.exec(request.headers.authorization ?? '')?.[1]
    if (token !== undefined && isGood(token)) return reply(response, request.method === 'HEAD' ? 404 : 200)
    reply(response, 401, {
      'www-authenticate': `Bearer realm="http://${service.host}/token?a=b",service="my, \\"registry\\"",scope="repository:app:pull"`,
    })
  })
  const close = async () => {
    await service[Symbol.asyncDispose]()
    await registry[Symbol.asyncDispose]()
  }
  return { service, registry, [Symbol.asyncDispose]: close }
}

const give =
  (token: object): Answer =>
  (_, response) =>
    reply(response, 200, {}, JSON.stringify(token))
const client = (credentials?: Credentials) =>
  createRegistryClient({ credentials: async () => credentials, retry: { attempts: 2, baseDelayMs: 1 } })

describe('a registry that wants a token', () => {
  it.each([
    ['with a login', login, basic],
    ['without one', undefined, undefined],
  ])('gets one %s', async (_, credentials, authorization) => {
    await using made = await guarded(give({ token: 'abc' }))
    await client(credentials).repository(`${made.registry.host}/app`).has(testBlob('x').descriptor)
    const asked = new URL(made.service.seen[0]?.url ?? '', 'http://x')
    expect(made.service.seen[0]?.headers.authorization).toBe(authorization)
    expect([asked.searchParams.get('a'), asked.searchParams.get('service'), asked.searchParams.getAll('scope')]).toEqual([
      'b',
      'my, "registry"',
      ['repository:app:pull'],
    ])
    expect(made.registry.seen.map(({ headers }) => headers.authorization)).toEqual([undefined, 'Bearer abc'])
  })

  it('is given one token for each scope, and the same again', async () => {
    await using made = await guarded(give({ access_token: 'abc', expires_in: 300 }))
    const repository = client(login).repository(`${made.registry.host}/app`)
    for (let i = 0; i < 3; i++) await repository.has(testBlob('x').descriptor)
    await repository.push(testBlob('x').descriptor, body(testBlob('x').bytes)).catch(() => undefined)
    const scopes = made.service.seen.map(({ url }) => new URL(url, 'http://x').searchParams.getAll('scope'))
    expect(scopes).toEqual([['repository:app:pull'], ['repository:app:pull,push', 'repository:app:pull']])
  })

  it('is given a new token when the old one is over, or not liked any more', async () => {
    let issued = 0
    let good = 'token-1'
    const counting: Answer = (request, response) =>
      give({ token: `token-${++issued}`, expires_in: issued === 1 ? 1 : 300 })(request, response, 0)
    await using made = await guarded(counting, (token) => token === good)
    const repository = client(login).repository(`${made.registry.host}/app`)
    await repository.has(testBlob('x').descriptor)
    good = 'token-2'
    await repository.has(testBlob('x').descriptor)
    good = 'token-3'
    await repository.has(testBlob('x').descriptor)
    expect(issued).toBe(3)
  })

  it('gets a token for an identity token by POST', async () => {
    await using made = await guarded(give({ access_token: 'abc' }))
    await client({ identityToken: 'id-secret' }).repository(`${made.registry.host}/app`).has(testBlob('x').descriptor)
    const [asked] = made.service.seen
    expect(asked?.method).toBe('POST')
    expect(Object.fromEntries(new URLSearchParams(asked?.body))).toEqual({
      grant_type: 'refresh_token',
      client_id: 'ct',
      refresh_token: 'id-secret',
      service: 'my, "registry"',
      scope: 'repository:app:pull',
    })
  })

  it.each<[string, Answer, string]>([
    ['the service refuses', (_, response) => reply(response, 401), 'REGISTRY_UNAUTHORIZED'],
    ['the service forbids', (_, response) => reply(response, 403), 'REGISTRY_UNAUTHORIZED'],
    ['the service fails', (_, response) => reply(response, 500), 'REGISTRY_SERVER_ERROR'],
    ['the service gives no JSON', (_, response) => reply(response, 200, {}, 'hush hush'), 'REGISTRY_PROTOCOL'],
    ['the service gives no token', give({ secret: 'hush' }), 'REGISTRY_PROTOCOL'],
    ['the token cannot be a header', give({ token: 'hush\r\nx: y' }), 'REGISTRY_PROTOCOL'],
    ['the service gives too much', give({ token: 'x'.repeat(2_000_000) }), 'REGISTRY_PROTOCOL'],
  ])('says so when %s, and keeps secrets', async (_, giveToken, code) => {
    await using made = await guarded(giveToken)
    const repository = client(login).repository(`${made.registry.host}/app`)
    const error = await repository.resolve('1').then(
      () => new Error('resolved'),
      (reason: Error) => reason,
    )
    expect(error).toMatchObject({ code })
    const told = `${error.stack} ${JSON.stringify(error)} ${error.cause instanceof Error ? error.cause.message : ''}`
    for (const secret of ['hush', 'correct:horse', basic]) expect(told).not.toContain(secret)
  })

  it('does not go round in circles when every token is refused', async () => {
    await using made = await guarded(give({ token: 'abc' }), () => false)
    await expect(client(login).repository(`${made.registry.host}/app`).resolve('1')).rejects.toMatchObject({
      code: 'REGISTRY_UNAUTHORIZED',
    })
    expect(made.registry.asked).toHaveLength(2)
  })

  it.each(['http://192.0.2.1/token', 'file:///etc/passwd', 'token', 'https://user:pw@example.org/'])(
    'is not trusted when its service is %s',
    async (realm) => {
      await using registry = await oddServer((_, response) => reply(response, 401, { 'www-authenticate': `Bearer realm="${realm}"` }))
      await expect(client(login).repository(`${registry.host}/app`).resolve('1')).rejects.toMatchObject({ code: 'REGISTRY_PROTOCOL' })
    },
  )
})

describe('a registry that wants a password', () => {
  const answer: Answer = (request, response) =>
    request.headers.authorization === basic ? reply(response, 404) : reply(response, 401, { 'www-authenticate': 'Basic realm="x"' })

  it('gets it, asked for once', async () => {
    let lookups = 0
    const credentials = async (host: string) => {
      lookups++
      expect(host).toBe(registry.host)
      return login
    }
    await using registry = await oddServer(answer)
    const repository = createRegistryClient({ credentials }).repository(`${registry.host}/app`)
    for (const content of ['a', 'b']) await repository.has(testBlob(content).descriptor)
    expect(lookups).toBe(1)
    expect(registry.asked).toHaveLength(3)
  })

  it.each([
    ['nobody has one', undefined],
    ['there is only an identity token', { identityToken: 'x' }],
    ['it is wrong', { username: 'alice', password: 'x' }],
  ])('refuses when %s', async (_, credentials) => {
    await using registry = await oddServer(answer)
    await expect(client(credentials).repository(`${registry.host}/app`).resolve(digestOf('x'))).rejects.toMatchObject({
      code: 'REGISTRY_UNAUTHORIZED',
    })
    expect(registry.asked.length).toBeLessThanOrEqual(2)
  })
})
