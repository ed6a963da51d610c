import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { copy, digestOf, MemoryStore } from '@ct/image'
import { body, bytesOf, pushTestImage, targetContract, testBlob, testImage } from '@ct/image/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRegistryClient } from '../src/index.ts'
import { type DockerRegistry, hasDockerRegistry, startDockerRegistry } from './docker-registry.ts'

const login = { username: 'alice', password: 'correct:horse' }
const hasSkopeo = spawnSync('skopeo', ['--version']).status === 0

describe.skipIf(!hasDockerRegistry)('against docker-registry', () => {
  let registry: DockerRegistry
  let guarded: DockerRegistry
  let count = 0
  beforeAll(async () => {
    registry = await startDockerRegistry()
    guarded = await startDockerRegistry(login)
  }, 60_000)
  afterAll(async () => {
    await registry[Symbol.asyncDispose]()
    await guarded[Symbol.asyncDispose]()
  })

  const makeRepository = (host: string, options = {}) => {
    const client = createRegistryClient(options)
    const target = client.repository(`${host}/team/app-${++count}`)
    return { client, target, refs: ['1', '2.0_x'] as const, [Symbol.asyncDispose]: () => client[Symbol.asyncDispose]() }
  }

  targetContract('a repository', async () => makeRepository(registry.host))
  targetContract('a repository with a login', async () => makeRepository(guarded.host, { credentials: async () => login }))

  it('lists tags, over several pages', async () => {
    await using made = makeRepository(registry.host)
    const image = testImage(['layer'])
    await pushTestImage(made.target, image, 'c')
    for (const tag of ['a', 'b', 'd', 'e']) await made.target.tag(image.root, tag)
    const tags: string[] = []
    for await (const tag of made.target.tags({ pageSize: 2 })) tags.push(tag)
    expect(tags.sort()).toEqual(['a', 'b', 'c', 'd', 'e'])
    await expect(makeRepository(registry.host).target.tags().next()).rejects.toMatchObject({ code: 'REGISTRY_NOT_FOUND' })
  })

  it('mounts blobs from a repository beside it', async () => {
    await using one = makeRepository(registry.host)
    const two = one.client.repository(`${registry.host}/team/mounted`)
    const image = testImage(['to be mounted'])
    await pushTestImage(one.target, image, '1')
    const states: string[] = []
    await copy(one.target, two, '1', { onProgress: ({ state }) => states.push(state) })
    expect(states).not.toContain('transferring')
    expect(await two.resolve('1')).toMatchObject(image.root)
  })

  it('moves a large blob with bounded chunks', async () => {
    await using made = makeRepository(registry.host)
    const { descriptor, bytes } = testBlob(randomBytes(30_000_000))
    await made.target.push(descriptor, body(bytes, 1_000_000))
    expect(digestOf(await bytesOf(made.target.fetch(descriptor)))).toBe(descriptor.digest)
  })

  it('pings', async () => {
    await using client = createRegistryClient()
    await client.ping(registry.host)
    await expect(client.ping(guarded.host)).rejects.toMatchObject({ code: 'REGISTRY_UNAUTHORIZED' })
  })

  it('says that a login is wanted, or wrong, without telling it', async () => {
    await using anonymous = makeRepository(guarded.host)
    await expect(anonymous.target.resolve('1')).rejects.toMatchObject({
      code: 'REGISTRY_UNAUTHORIZED',
      hint: expect.stringContaining('log in'),
    })
    await using wrong = makeRepository(guarded.host, { credentials: async () => ({ username: 'alice', password: 'wrong-secret' }) })
    const error = await wrong.target.resolve('1').then(
      () => new Error('resolved'),
      (reason: Error) => reason,
    )
    expect(error).toMatchObject({ code: 'REGISTRY_UNAUTHORIZED' })
    expect(JSON.stringify({ ...error, message: error.message, stack: error.stack })).not.toContain('wrong-secret')
  })

  it.skipIf(!hasSkopeo)('pushes what skopeo reads, and reads what skopeo pushed', async () => {
    await using made = makeRepository(registry.host)
    const image = testImage(['layer one', 'layer two'])
    await pushTestImage(made.target, image, 'ours')
    const name = `docker://${registry.host}/${made.target.repository}`
    const flags = ['--insecure-policy', 'copy', '--preserve-digests', '--src-tls-verify=false', '--dest-tls-verify=false']
    execFileSync('skopeo', [...flags, `${name}:ours`, `${name}-copy:theirs`], { stdio: 'ignore' })
    const store = new MemoryStore()
    await copy(made.client.repository(`${registry.host}/${made.target.repository}-copy`), store, 'theirs', { as: 'x:1' })
    expect(await store.resolve('x:1')).toMatchObject(image.root)
  })
})
