import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { appendLayer, ContentStore, copy, emptyDraft, readImage, withExecution, writeImage } from '@ct/image'
import { packLayer, readImageFiles } from '@ct/layerfs'
import { serveRegistry } from '@ct/registry'
import { createRegistryClient, loadDockerCredentials } from '@ct/registry-client'

// `npm start -- ./dist registry.example/team/site:1` packs a directory of yours and pushes it; without arguments, one of our own.
const [source, reference] = process.argv.slice(2)
const scratch = await mkdtemp('/var/tmp/ct-minimal-')
await using registry = reference === undefined ? await serveRegistry({ root: join(scratch, 'registry'), port: 0 }) : undefined
try {
  const directory = source ?? (await makeSite(join(scratch, 'site')))
  const name = reference ?? `${new URL(registry?.url ?? '').host}/team/site:1`
  const store = await ContentStore.open(join(scratch, 'store'))

  const layer = await packLayer({ path: directory }, store)
  const draft = withExecution(appendLayer(emptyDraft(), layer, { created_by: 'minimal-image' }), { Cmd: ['/index.html'], WorkingDir: '/' })
  await store.tag(await writeImage(store, draft), name)
  console.log(`packed ${directory}: one layer of ${layer.descriptor.size} bytes`)

  const [, repository = '', tag = ''] = /^(.*):([^/:]+)$/.exec(name) ?? []
  await using client = createRegistryClient({ credentials: loadDockerCredentials() })
  const pushed = await copy(store, client.repository(repository), name, { as: tag })
  console.log(`pushed ${name}@${pushed.digest}`)

  if (reference === undefined) {
    const target = client.repository(repository)
    const image = await readImage(target, await target.resolve(tag))
    const files = await readImageFiles(target, image)
    assert.deepEqual(
      files.visible.map(({ path }) => path),
      ['css', 'css/site.css', 'index.html'],
    )
    assert.deepEqual(await writeImage(store, draft), pushed, 'the same directory gives the same image')
  }
} finally {
  await registry?.close()
  await rm(scratch, { recursive: true })
}

async function makeSite(path: string): Promise<string> {
  await mkdir(join(path, 'css'), { recursive: true })
  await writeFile(join(path, 'index.html'), '<h1>hello</h1>\n')
  await writeFile(join(path, 'css/site.css'), 'h1 { color: teal }\n')
  return path
}
