import { describe, expect, it } from 'vitest'
import { basicGatekeeper } from '../../src/access/basic-gatekeeper.ts'
import type { Accounts } from '../../src/access/htpasswd.ts'
import { policyOf } from '../../src/access/policy.ts'
import { errorCodeOf } from '../error-code.ts'
import { pushBlob, registryOnLoopback } from '../registry-on-loopback.ts'

const accounts: Accounts = { verify: async ({ user, password }) => password === `${user}'s secret` }
const policy = policyOf([
  { repositories: ['public/*'], users: ['anonymous'] },
  { users: ['*'], actions: ['pull', 'list'] },
  { repositories: ['public/*', 'alice/*'], users: ['alice'], actions: ['push', 'delete'] },
])
const as = (user: string, password = `${user}'s secret`): { headers: Record<string, string> } => ({
  headers: { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` },
})

describe('a registry with accounts', () => {
  it.each([
    ['nobody', {}, 'GET', '/v2/', 401],
    ['bob', as('bob'), 'GET', '/v2/', 200],
    ['bob with a wrong password', as('bob', 'guess'), 'GET', '/v2/', 401],
    ['bob with a wrong password', as('bob', 'guess'), 'GET', '/v2/public/x/tags/list', 401],
    ['somebody with a token', { headers: { authorization: 'Bearer x' } }, 'GET', '/v2/', 401],
    ['nobody', {}, 'GET', '/v2/public/x/tags/list', 404],
    ['nobody', {}, 'GET', '/v2/alice/x/tags/list', 401],
    ['nobody', {}, 'GET', '/v2/_catalog', 401],
    ['nobody', {}, 'POST', '/v2/public/x/blobs/uploads/', 401],
    ['bob', as('bob'), 'POST', '/v2/alice/x/blobs/uploads/', 403],
    ['alice', as('alice'), 'POST', '/v2/alice/x/blobs/uploads/', 202],
    ['alice', as('alice'), 'DELETE', '/v2/bob/x/manifests/latest', 403],
  ])('answers %s, %j, for %s %s with %i', async (_who, init, method, path, status) => {
    await using registry = await registryOnLoopback({ gatekeeper: basicGatekeeper({ accounts, policy }) })
    const answer = await registry.call(method, path, init)
    expect(answer.status).toBe(status)
    if (status === 401) expect(answer.headers.get('www-authenticate')).toBe('Basic realm="registry", charset="UTF-8"')
  })

  it('says why with DISTRIBUTION_UNAUTHORIZED and DISTRIBUTION_DENIED', async () => {
    await using registry = await registryOnLoopback({ gatekeeper: basicGatekeeper({ accounts, policy, realm: 'the "best"' }) })
    const unknown = await registry.call('GET', '/v2/')
    expect([unknown.headers.get('www-authenticate'), `DISTRIBUTION_${await errorCodeOf(unknown)}`]).toEqual([
      'Basic realm="the best", charset="UTF-8"',
      'DISTRIBUTION_UNAUTHORIZED',
    ])
    const refused = await registry.call('POST', '/v2/alice/x/blobs/uploads/', as('bob'))
    expect(`DISTRIBUTION_${await errorCodeOf(refused)}`).toBe('DISTRIBUTION_DENIED')
  })

  it('lists only what the caller may pull, and mounts only from there', async () => {
    await using open = await registryOnLoopback()
    const blob = await pushBlob(open, 'secret/x', Buffer.from('secret'))
    await pushBlob(open, 'alice/x', Buffer.from('public'))
    const gatekeeper = basicGatekeeper({
      accounts,
      policy: policyOf([{ repositories: ['alice/*'], users: ['*'], actions: ['pull', 'push', 'list'] }]),
    })
    await using registry = await registryOnLoopback({ store: open.store, gatekeeper })
    expect(await (await registry.call('GET', '/v2/_catalog', as('bob'))).json()).toEqual({ repositories: ['alice/x'] })
    for (const from of ['&from=secret/x', '']) {
      const answer = await registry.call('POST', `/v2/alice/x/blobs/uploads/?mount=${blob.digest}${from}`, as('bob'))
      expect(answer.status).toBe(202)
    }
  })

  it('keeps an upload to the repository where it began', async () => {
    await using registry = await registryOnLoopback({ gatekeeper: basicGatekeeper({ accounts, policy }) })
    const begun = await registry.call('POST', '/v2/public/x/blobs/uploads/', as('alice'))
    const elsewhere = begun.headers.get('location')?.replace('public', 'alice') ?? ''
    expect((await registry.call('PATCH', elsewhere, { ...as('alice'), body: 'x' })).status).toBe(404)
  })
})
