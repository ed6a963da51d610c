import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestOf, MemoryStore } from '@ct/image'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bearerGatekeeper } from '../src/access/bearer-gatekeeper.ts'
import { createTokenIssuer } from '../src/access/token-issuer.ts'
import type { RequestRecord } from '../src/operations/request-record.ts'
import { serveRegistry } from '../src/serve-registry.ts'

describe('serveRegistry', () => {
  let root: string
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'ct-registry-'))
  })
  afterEach(() => rm(root, { recursive: true }))

  it('listens on a free port, and gives it back when closed', async () => {
    const first = await serveRegistry({ root, port: 0 })
    const port = Number(new URL(first.url).port)
    const answer = await fetch(`${first.url}/v2/`)
    expect([answer.status, answer.headers.get('docker-distribution-api-version')]).toEqual([200, 'registry/2.0'])
    await expect(serveRegistry({ root, port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
    await first.close()
    await using second = await serveRegistry({ root, port })
    expect(second.url).toBe(first.url)
  })

  it('tells of its health, and of its work where it should', async () => {
    await using registry = await serveRegistry({ root, port: 0, hasMetrics: true })
    await fetch(`${registry.url}/v2/`)
    expect(await (await fetch(`${registry.url}/healthz`)).text()).toBe('ok\n')
    expect(await (await fetch(`${registry.url}/metrics`)).text()).toContain('{method="GET",route="base",status="200"} 1')
    await using silent = await serveRegistry({ store: new MemoryStore(), port: 0 })
    expect((await fetch(`${silent.url}/metrics`)).status).toBe(404)
  })

  it('tells of accounts that cannot be read where tokens are given out', async () => {
    const accounts = { verify: () => Promise.reject(new Error('the disk is gone')) }
    const tokenIssuer = await createTokenIssuer({ issuer: 'ct', service: 'registry', accounts })
    const errors: unknown[] = []
    await using registry = await serveRegistry({ root, port: 0, tokenIssuer, onError: (error) => void errors.push(error) })
    const authorization = `Basic ${Buffer.from('alice:secret').toString('base64')}`
    const answer = await fetch(`${registry.url}/token`, { headers: { authorization } })
    expect([answer.status, (await answer.text()).includes('disk'), String(errors[0])]).toEqual([500, false, 'Error: the disk is gone'])
  })

  it('gives out tokens and the keys to check them with', async () => {
    const names = { issuer: 'ct', service: 'registry' }
    const tokenIssuer = await createTokenIssuer({ ...names, accounts: { verify: async () => false } })
    const gatekeeper = bearerGatekeeper({ ...names, realm: 'http://localhost/token', keys: tokenIssuer.publicKey })
    await using registry = await serveRegistry({ root, port: 0, tokenIssuer, gatekeeper })
    const { token } = (await (await fetch(`${registry.url}/token?scope=repository:a:pull`)).json()) as { token: string }
    expect((await fetch(`${registry.url}/v2/`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(200)
    const { keys } = (await (await fetch(`${registry.url}/token/keys`)).json()) as { keys: Record<string, string>[] }
    expect(keys).toEqual([expect.objectContaining({ kty: 'EC', alg: 'ES256' })])
    expect(keys[0]).not.toHaveProperty('d')
  })

  it('takes nothing in read-only mode, and still gives', async () => {
    const digest = digestOf('kept')
    await withRegistry(root, (url) => fetch(`${url}/v2/a/blobs/uploads/?digest=${digest}`, { method: 'POST', body: 'kept' }))
    await using registry = await serveRegistry({ root, port: 0, isReadOnly: true })
    expect((await fetch(`${registry.url}/v2/a/blobs/uploads/`, { method: 'POST' })).status).toBe(405)
    expect((await fetch(`${registry.url}/v2/a/blobs/${digest}`, { method: 'DELETE' })).status).toBe(405)
    expect(await (await fetch(`${registry.url}/v2/a/blobs/${digest}`)).text()).toBe('kept')
  })

  it('tells of each request, once, whatever becomes of it', async () => {
    const records: RequestRecord[] = []
    await using registry = await serveRegistry({ root, port: 0, onRequest: (record) => records.push(record) })
    await fetch(`${registry.url}/v2/team/app/tags/list?n=1`)
    await expect
      .poll(() => records)
      .toMatchObject([
        { method: 'GET', path: '/v2/team/app/tags/list?n=1', route: 'tags', repository: 'team/app', status: 404, isWhole: true },
      ])
  })

  it('keeps what was pushed over a restart', async () => {
    const digest = digestOf('kept')
    await withRegistry(root, (url) => fetch(`${url}/v2/a/blobs/uploads/?digest=${digest}`, { method: 'POST', body: 'kept' }))
    expect(await withRegistry(root, async (url) => (await fetch(`${url}/v2/a/blobs/${digest}`)).text())).toBe('kept')
  })
})

async function withRegistry<T>(root: string, work: (url: string) => Promise<T>): Promise<T> {
  await using registry = await serveRegistry({ root, port: 0 })
  return await work(registry.url)
}
