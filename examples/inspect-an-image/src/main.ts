import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ContentStore, loadArchive, readImage } from '@ct/image'
import { decompress, readTar } from '@ct/layerfs'

// `npm start -- image.tar` looks into an archive of `docker save` or `ct save`; without one, into an image that `ct pack` makes.
const directory = await mkdtemp('/var/tmp/ct-inspect-')
try {
  const archive = process.argv[2] ?? (await packSample())
  const store = await ContentStore.open(join(directory, 'store'))
  for (const { references, descriptor, imageId } of await loadArchive(store, createReadStream(archive))) {
    const { config, layers } = await readImage(store, descriptor)
    console.log(`${references.join(', ')}  ${imageId}`)
    console.log(`  ${config.os}/${config.architecture}, command ${JSON.stringify(config.config?.Cmd ?? [])}`)
    for (const [index, { descriptor: layer, diffId }] of layers.entries()) {
      const files: string[] = []
      for await (const entry of readTar(decompress(store.fetch(layer), 'auto'))) files.push(Buffer.from(entry.path).toString())
      console.log(
        `  layer ${index}: ${diffId.slice(7, 19)}, ${layer.size} bytes, ${files.length} entries, such as ${files.slice(-3).join(', ')}`,
      )
      if (process.argv[2] === undefined) assert(files.some((path) => path.endsWith('bin/cat')))
    }
  }
} finally {
  await rm(directory, { recursive: true })
}

async function packSample(): Promise<string> {
  const ct = join(createRequire(import.meta.url).resolve('@ct/cli/package.json'), '../dist/ct.cjs')
  const path = join(directory, 'sample.tar')
  await promisify(execFile)(process.execPath, [ct, 'pack', '--name', 'sample', '-o', path, '/bin/sh', '/bin/cat'])
  return path
}
