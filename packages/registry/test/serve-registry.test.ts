import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
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

  it('keeps what was pushed over a restart', async () => {
    const text = 'kept'
    const real = `sha256:${createHash('sha256').update(text).digest('hex')}`
    await withRegistry(root, (url) => fetch(`${url}/v2/a/blobs/uploads/?digest=${real}`, { method: 'POST', body: text }))
    expect(await withRegistry(root, async (url) => (await fetch(`${url}/v2/a/blobs/${real}`)).text())).toBe(text)
  })
})

async function withRegistry<T>(root: string, work: (url: string) => Promise<T>): Promise<T> {
  await using registry = await serveRegistry({ root, port: 0 })
  return await work(registry.url)
}
