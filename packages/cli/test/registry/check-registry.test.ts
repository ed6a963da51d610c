import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bodyOf, ContentStore, type Descriptor, digestOf, type ImageStore, MEDIA_TYPES } from '@ct/image'
import { S3ImageStore } from '@ct/image-store-s3'
import S3rver from 's3rver'
import { describe, expect, it, vi } from 'vitest'
import { ct } from '../recorder.ts'
import { serveIn } from './serve-in.ts'

vi.setConfig({ testTimeout: 30_000 })

const env = { AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' }
const credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' }

/** Where a registry may keep its images: its store, and the flags that name it. */
interface Place extends AsyncDisposable {
  readonly store: ImageStore
  readonly flags: readonly string[]
}

async function onDisk(): Promise<Place> {
  const root = await mkdtemp(join(tmpdir(), 'ct-registry-check-'))
  const store = await ContentStore.open(root)
  return { store, flags: ['--root', root], [Symbol.asyncDispose]: () => rm(root, { recursive: true }) }
}

async function inBucket(): Promise<Place> {
  const directory = await mkdtemp(join(tmpdir(), 'ct-registry-check-'))
  const configureBuckets = [{ name: 'images', configs: [] }]
  const server = new S3rver({ port: 0, address: '127.0.0.1', silent: true, directory, configureBuckets })
  const endpoint = `http://127.0.0.1:${((await server.run()) as AddressInfo).port}`
  const store = await S3ImageStore.open({ bucket: 'images', prefix: 'team', endpoint, credentials })
  return {
    store,
    flags: ['--storage', 's3://images/team', '--s3-endpoint', endpoint],
    async [Symbol.asyncDispose]() {
      store[Symbol.dispose]()
      await server.close()
      await rm(directory, { recursive: true })
    },
  }
}

const subject = digestOf('a subject')

/** Puts a manifest about the subject into `team/app` as a registry without an index did. */
async function putReferrer(store: ImageStore, name: string): Promise<Descriptor> {
  const config = Buffer.from('{}')
  const empty = { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf(config), size: config.length }
  const about = { mediaType: MEDIA_TYPES.ociManifest, digest: subject, size: 7 }
  const manifest = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.ociManifest,
    artifactType: `a/${name}`,
    config: empty,
    layers: [],
    subject: about,
  }
  const bytes = Buffer.from(JSON.stringify(manifest))
  const descriptor = { mediaType: MEDIA_TYPES.ociManifest, digest: digestOf(bytes), size: bytes.length }
  await store.push(empty, bodyOf(config))
  await store.push(descriptor, bodyOf(bytes))
  await store.tag({ ...empty, mediaType: 'application/octet-stream' }, `localhost/team/app@${empty.digest}`)
  await store.tag(descriptor, `localhost/team/app@${descriptor.digest}`)
  return descriptor
}

const listed = async (url: string): Promise<string[]> => {
  const { manifests } = (await (await fetch(`${url}/v2/team/app/referrers/${subject}`)).json()) as { manifests: Descriptor[] }
  return manifests.map(({ digest }) => digest)
}
const check = (flags: readonly string[]) => ct(['registry', 'check', ...flags], { env })

describe.each([
  ['on disk', onDisk],
  ['in a bucket', inBucket],
])('the index of referrers %s', (_, makePlace) => {
  it('is not needed for what was there before it, and is made by a repair', async () => {
    await using place = await makePlace()
    const { store, flags } = place
    const { digest } = await putReferrer(store, 'old')
    {
      await using registry = await serveIn(flags, env)
      expect(await listed(registry.url)).toEqual([digest])
    }
    expect(await check(flags)).toMatchObject({ exitCode: 0, stdout: '' })
    expect((await store.listRefs(undefined, { hasInternal: true })).length).toBe((await store.listRefs()).length)
    expect(await check([...flags, '--repair'])).toMatchObject({ exitCode: 0, stdout: '' })
    expect((await store.listRefs(undefined, { hasInternal: true })).length).toBe((await store.listRefs()).length + 2)
    await using registry = await serveIn(flags, env)
    expect(await listed(registry.url)).toEqual([digest])
  })

  it('that lacks a referrer or names one that is gone is found, and mended', async () => {
    await using place = await makePlace()
    const { store, flags } = place
    const gone = await putReferrer(store, 'gone')
    await check([...flags, '--repair'])
    const unlisted = await putReferrer(store, 'unlisted')
    await store.untag(`localhost/team/app@${gone.digest}`)
    const wrong = [`unlisted ${unlisted.digest} referrer in team/app`, `stale ${gone.digest} referrer in team/app`]
    expect(await check(flags)).toMatchObject({ exitCode: 1, stdout: `${wrong.join('\n')}\n` })
    {
      await using registry = await serveIn(flags, env)
      expect(await listed(registry.url)).toEqual([gone.digest])
      const mended = wrong.map((line) => `${line}, mended\n`).join('')
      expect(await check([...flags, '--repair'])).toMatchObject({ exitCode: 0, stdout: mended })
      expect(await listed(registry.url)).toEqual([unlisted.digest])
    }
    expect(await check(flags)).toMatchObject({ exitCode: 0, stdout: '' })
  })
})
