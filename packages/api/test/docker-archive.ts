import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

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
  const name = `${sha256(image)}.json`
  yield tarOf({
    [name]: image,
    'layer.tar': layer,
    'manifest.json': JSON.stringify([{ Config: name, RepoTags: [reference], Layers: ['layer.tar'] }]),
  })
}

function tarOf(files: Readonly<Record<string, string | Uint8Array>>): Uint8Array {
  const directory = mkdtempSync(join(tmpdir(), 'ct-archive-'))
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content)
    return execFileSync('tar', ['-C', directory, '-c', ...Object.keys(files)], { maxBuffer: 64 << 20 })
  } finally {
    rmSync(directory, { recursive: true })
  }
}
