import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { appendLayer, copy, emptyDraft, MemoryStore, readImage, writeImage } from '@ct/image'
import { type ImageFile, packLayer, readImageFiles } from '@ct/layerfs'
import { serveRegistry } from '@ct/registry'
import { createRegistryClient, loadDockerCredentials, type RepositoryTarget } from '@ct/registry-client'

// `npm start -- registry.example/team/app 1.0 1.1` compares tags of yours; without arguments, two of our own.
const [name, before = '1', after = '2'] = process.argv.slice(2)
const scratch = await mkdtemp('/var/tmp/ct-changed-')
await using registry = await serveRegistry({ root: join(scratch, 'registry'), port: 0 })
await using client = createRegistryClient({ credentials: loadDockerCredentials() })
try {
  const repository = client.repository(name ?? `${new URL(registry.url).host}/team/app`)
  if (name === undefined) await pushVersions(repository)
  const [old, now] = [await filesOf(repository, before), await filesOf(repository, after)]
  const changes: string[] = []
  for (const path of [...new Set([...old.keys(), ...now.keys()])].sort()) {
    const [a, b] = [old.get(path), now.get(path)]
    if (a === undefined) changes.push(`A /${path}`)
    else if (b === undefined) changes.push(`D /${path}`)
    else if (a !== b) changes.push(`C /${path}`)
  }
  for (const change of changes) console.log(change)
  if (name === undefined) assert.deepEqual(changes, ['D /app/a', 'C /app/b', 'A /app/c'])
} finally {
  await registry.close()
  await rm(scratch, { recursive: true })
}

/** What each file is, in a word: the same word, the same file. Only the digest of its layer tells of its content. */
async function filesOf(repository: RepositoryTarget, tag: string): Promise<Map<string, string>> {
  const image = await readImage(repository, await repository.resolve(tag))
  const files = await readImageFiles(repository, image)
  const wordOf = ({ type, mode, uid, gid, sizeBytes, linkTarget, layer }: ImageFile) =>
    [type, mode, uid, gid, sizeBytes, linkTarget, type === 'file' ? image.layers[layer]?.diffId : ''].join(' ')
  return new Map(files.visible.map((file) => [file.path, wordOf(file)]))
}

async function pushVersions(repository: RepositoryTarget): Promise<void> {
  const store = new MemoryStore()
  const base = await layerOf('base', { 'etc/same': 'same' })
  for (const [tag, files] of [
    ['1', { 'app/a': 'one', 'app/b': 'one' }],
    ['2', { 'app/b': 'two', 'app/c': 'two' }],
  ] as const) {
    const draft = appendLayer(appendLayer(emptyDraft(), base), await layerOf(tag, files))
    await store.tag(await writeImage(store, draft), `app:${tag}`)
    await copy(store, repository, `app:${tag}`, { as: tag })
  }

  async function layerOf(directory: string, files: Readonly<Record<string, string>>) {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(join(scratch, directory, path, '..'), { recursive: true })
      await writeFile(join(scratch, directory, path), content)
    }
    return packLayer({ path: join(scratch, directory) }, store)
  }
}
