import { createHash } from 'node:crypto'
import { pack } from 'tar-stream'

/** An archive as `docker save` used to write it, of an image with one layer. */
export async function* dockerArchive(reference: string, layer: Uint8Array, config: object): AsyncGenerator<Uint8Array> {
  const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
  const image = Buffer.from(
    JSON.stringify({
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      os: 'linux',
      config,
      rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(layer)}`] },
      history: [{ created: '2024-01-01T00:00:00Z', created_by: 'tar' }],
    }),
  )
  const configName = `${sha256(image)}.json`
  const archive = pack()
  archive.entry({ name: configName }, image)
  archive.entry({ name: 'layer/layer.tar' }, Buffer.from(layer))
  archive.entry({ name: 'manifest.json' }, JSON.stringify([{ Config: configName, RepoTags: [reference], Layers: ['layer/layer.tar'] }]))
  archive.finalize()
  for await (const chunk of archive) yield chunk as Uint8Array
}
