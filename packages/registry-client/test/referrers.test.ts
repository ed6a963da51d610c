import { copy, type Descriptor, digestOf, MEDIA_TYPES, MemoryStore } from '@ct/image'
import { body, pushTestImage, testBlob, testImage } from '@ct/image/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRegistryClient, type RepositoryTarget } from '../src/index.ts'
import { type DockerRegistry, hasDockerRegistry, startDockerRegistry } from './docker-registry.ts'
import { type Answer, oddServer, reply } from './odd-server.ts'

const retry = { attempts: 2, baseDelayMs: 1 }
const subject = testImage(['signed'])

/** A signature as cosign makes it: an artifact with the image as its subject. */
function signatureOf({ digest, mediaType, size }: Descriptor, artifactType = 'application/vnd.test.signature') {
  const config = testBlob('{}', 'application/vnd.oci.empty.v1+json')
  const layer = testBlob(`signature of ${digest}`, 'application/octet-stream')
  const content = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.ociManifest,
    artifactType,
    config: config.descriptor,
    layers: [layer.descriptor],
    subject: { mediaType, digest, size },
    annotations: { by: 'alice' },
  }
  return { blobs: [config, layer], manifest: testBlob(JSON.stringify(content), MEDIA_TYPES.ociManifest) }
}

async function pushSignature(target: RepositoryTarget, { blobs, manifest }: ReturnType<typeof signatureOf>): Promise<void> {
  for (const { descriptor, bytes } of [...blobs, manifest]) await target.push(descriptor, body(bytes))
}

async function listed(target: RepositoryTarget, artifactType?: string): Promise<Descriptor[]> {
  const found: Descriptor[] = []
  for await (const descriptor of target.referrers(subject.root, { artifactType })) found.push(descriptor)
  return found
}

describe.skipIf(!hasDockerRegistry)('referrers in a registry that does not know them', () => {
  let registry: DockerRegistry
  beforeAll(async () => {
    registry = await startDockerRegistry()
  }, 60_000)
  afterAll(() => registry[Symbol.asyncDispose]())

  it('are listed under a tag, and survive a copy', async () => {
    await using client = createRegistryClient({ retry })
    const source = client.repository(`${registry.host}/team/signed`)
    await pushTestImage(source, subject, '1')
    const [one, two] = [signatureOf(subject.root), signatureOf(subject.root, 'application/vnd.test.sbom')]
    for (const signature of [one, two, one]) await pushSignature(source, signature)
    const described = { artifactType: 'application/vnd.test.signature', annotations: { by: 'alice' } }
    expect(await listed(source)).toEqual([
      { ...one.manifest.descriptor, ...described },
      { ...two.manifest.descriptor, ...described, artifactType: 'application/vnd.test.sbom' },
    ])
    expect((await listed(source, 'application/vnd.test.sbom')).map(({ digest }) => digest)).toEqual([two.manifest.descriptor.digest])

    const target = client.repository(`${registry.host}/team/signed-copy`)
    await copy(source, target, '1', { referrers: true })
    expect((await listed(target)).map(({ digest }) => digest)).toEqual([one.manifest.descriptor.digest, two.manifest.descriptor.digest])
    expect(await target.resolve(two.manifest.descriptor.digest)).toMatchObject({ digest: two.manifest.descriptor.digest })
  })

  it('are none for an image without any', async () => {
    await using client = createRegistryClient({ retry })
    const target = client.repository(`${registry.host}/team/unsigned`)
    await pushTestImage(target, subject, '1')
    expect(await listed(target)).toEqual([])
  })
})

describe('referrers in a registry that knows them', () => {
  const entry = { mediaType: MEDIA_TYPES.ociManifest, digest: digestOf('a'), size: 1, artifactType: 'application/vnd.test.a' }
  const other = { ...entry, digest: digestOf('b'), artifactType: 'application/vnd.test.b' }
  const index = (...manifests: Descriptor[]) => JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests })
  const type = { 'content-type': MEDIA_TYPES.ociIndex }

  it('come page by page, filtered here when the registry does not', async () => {
    const path = `/v2/app/referrers/${subject.root.digest}`
    const answer: Answer = (request, response) =>
      request.url.includes('last')
        ? reply(response, 200, type, index(entry, other))
        : reply(response, 200, { ...type, link: `<${path}?last=x>; rel="next"` }, index(entry))
    await using server = await oddServer(answer)
    await using client = createRegistryClient({ retry })
    const target = client.repository(`${server.host}/app`)
    expect(await listed(target)).toEqual([entry, other])
    expect(await listed(target, 'application/vnd.test.b')).toEqual([other])
    expect(server.asked).toContain(`GET ${path}?artifactType=application%2Fvnd.test.b`)
  })

  it('are left to it', async () => {
    const { manifest } = signatureOf(subject.root)
    await using server = await oddServer((_, response) => reply(response, 201, { 'oci-subject': subject.root.digest }))
    await using client = createRegistryClient({ retry })
    await client.repository(`${server.host}/app`).push(manifest.descriptor, body(manifest.bytes))
    expect(server.asked).toEqual([`PUT /v2/app/manifests/${manifest.descriptor.digest}`])
  })

  it.each([
    ['no index', '{"manifests":1}', 'IMAGE_BAD_MANIFEST'],
    ['no JSON', '<html>', 'REGISTRY_PROTOCOL'],
  ])('that are %s are refused', async (_, text, code) => {
    await using server = await oddServer((_request, response) => reply(response, 200, type, text))
    await using client = createRegistryClient({ retry })
    await expect(listed(client.repository(`${server.host}/app`))).rejects.toMatchObject({ code })
  })
})

describe('a copy with referrers', () => {
  it('takes none from a source that cannot tell', async () => {
    const source = new MemoryStore()
    await pushTestImage(source, subject, 'app:1')
    const target = new MemoryStore()
    expect(await copy(source, target, 'app:1', { referrers: true })).toEqual(subject.root)
  })
})
