import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Descriptor, digestOf, ImageError, type ImageStore, type Ingest, MemoryStore } from '@ct/image'
import { describe, expect, it } from 'vitest'
import { basicGatekeeper } from '../src/access/basic-gatekeeper.ts'
import { HtpasswdFile, htpasswdLine } from '../src/access/htpasswd.ts'
import type { RegistryOptions } from '../src/create-registry.ts'
import { errorCodeOf } from './error-code.ts'
import { pushBlob, pushImage, registryOnLoopback } from './registry-on-loopback.ts'

/** A registry, and what went wrong on its side. */
async function watched(options: Partial<RegistryOptions>) {
  const errors: unknown[] = []
  const registry = await registryOnLoopback({ ...options, onError: (error) => void errors.push(error) })
  return { ...registry, errors }
}

/** A store that gives other bytes than it was given. */
function damaged(bytesOf: (descriptor: Descriptor) => Buffer): ImageStore {
  async function* fetch(descriptor: Descriptor): AsyncGenerator<Uint8Array, void, undefined> {
    yield bytesOf(descriptor)
  }
  return Object.assign(new MemoryStore(), { fetch })
}

describe('a fault on our side', () => {
  it('such as a file of accounts that is gone is told to us, and nothing of it to clients', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'ct-faults-'))
    const path = join(directory, 'accounts')
    await writeFile(path, `${await htpasswdLine({ user: 'bob', password: 'x' })}\n`)
    const accounts = await HtpasswdFile.open(path)
    await rm(directory, { recursive: true })
    await using registry = await watched({ gatekeeper: basicGatekeeper({ accounts }) })
    const authorization = `Basic ${Buffer.from('bob:x').toString('base64')}`
    const answer = await registry.call('GET', '/v2/', { headers: { authorization } })
    const body = await answer.text()
    expect([answer.status, JSON.parse(body).errors[0].code]).toEqual([500, 'UNKNOWN'])
    expect(body).not.toContain(directory)
    expect(registry.errors).toMatchObject([{ code: 'DISTRIBUTION_BAD_ACCOUNTS' }])
  })

  it('such as a damaged manifest does not blame who wants to read it', async () => {
    await using registry = await watched({ store: damaged(({ size }) => Buffer.alloc(size, 'x')) })
    await pushImage(registry, 'team/app', 'v1')
    const answer = await registry.call('GET', '/v2/team/app/manifests/v1')
    expect([answer.status, await errorCodeOf(answer)]).toEqual([500, 'UNKNOWN'])
    expect(registry.errors).toMatchObject([{ code: 'IMAGE_DIGEST_MISMATCH' }])
  })

  it('such as a blob that lacks its end breaks the connection, for the next answer would be taken for the rest', async () => {
    await using registry = await watched({ store: damaged(() => Buffer.from('short')) })
    const { digest } = await pushBlob(registry, 'team/app', Buffer.from('longer than that'))
    const reading = registry.call('GET', `/v2/team/app/blobs/${digest}`).then((answer) => answer.text())
    await expect(reading).rejects.toThrow()
    expect(String(registry.errors[0])).toContain('11 bytes')
  })

  it('such as a full disk is told without its path', async () => {
    const full = new ImageError('IMAGE_NO_SPACE', 'no space left for /srv/secret/blobs', { kind: 'exhausted' })
    const openIngest = async (): Promise<Ingest> =>
      Object.assign(await new MemoryStore().openIngest(), { write: () => Promise.reject(full) })
    await using registry = await watched({ store: Object.assign(new MemoryStore(), { openIngest }) })
    const answer = await registry.call('POST', `/v2/team/app/blobs/uploads/?digest=${digestOf('x')}`, { body: 'x' })
    const body = await answer.text()
    expect([answer.status, body.includes('secret')]).toEqual([507, false])
    expect(registry.errors).toEqual([full])
  })

  it('in what hears of requests harms nobody', async () => {
    const onRequest = (): void => {
      throw new Error('the log is full')
    }
    await using registry = await watched({ onRequest })
    expect((await registry.call('GET', '/v2/')).status).toBe(200)
    await expect.poll(() => String(registry.errors[0])).toContain('the log is full')
  })

  it('such as a name that is reserved is refused before there is a registry', async () => {
    await expect(registryOnLoopback({ storeName: 'referrers.ct.invalid' })).rejects.toThrow('reserved')
  })
})
