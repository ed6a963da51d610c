import { createHash } from 'node:crypto'
import { arch } from 'node:os'
import { bodyOf, type PackedEntry, packTar } from '@ct/image'
import type { FileTree } from './file-tree.ts'
import { fileChanged, type LayerSummary, layerTar, measureLayer } from './layer.ts'

/** What the image says of itself. */
export interface PackOptions {
  /** References to give the image: `tools:latest`. */
  readonly names: readonly string[]
  readonly entrypoint?: readonly string[] | undefined
  readonly cmd?: readonly string[] | undefined
  readonly env?: readonly string[]
  readonly workingDirectory?: string | undefined
  readonly labels?: Readonly<Record<string, string>>
  /** The time of the image and of every file in it. @default 1970, so that equal files make equal images */
  readonly created?: Date
}

const ARCHITECTURES: Readonly<Record<string, string>> = {
  x64: 'amd64',
  arm64: 'arm64',
  arm: 'arm',
  ia32: '386',
  riscv64: 'riscv64',
  ppc64: 'ppc64le',
  s390x: 's390x',
}
const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/**
 * An image of one layer as the archive that `load` takes (manifest.json, config, layer.tar). Files are read twice, for
 * the digest and for the bytes, and nothing is spooled; throws `CLI_PACK_CHANGED` when they changed in between.
 * See https://github.com/moby/docker-image-spec/blob/main/v1.2.md#combined-image-json--filesystem-changeset-format
 */
export async function packImage(tree: FileTree, options: PackOptions): Promise<AsyncIterable<Uint8Array>> {
  const created = options.created ?? new Date(0)
  const layer = await measureLayer(tree, created)
  return packTar(entriesOf({ tree, layer, created, options }))
}

interface Job {
  readonly tree: FileTree
  readonly layer: LayerSummary
  readonly created: Date
  readonly options: PackOptions
}

async function* entriesOf(job: Job): AsyncGenerator<PackedEntry, void, undefined> {
  const config = JSON.stringify(imageConfig(job))
  const configName = `${createHash('sha256').update(config).digest('hex')}.json`
  const directory = job.layer.diffId.slice('sha256:'.length)
  const layerName = `${directory}/layer.tar`
  const modified = job.created
  yield { name: `${directory}/`, modified }
  yield { name: layerName, modified, sizeBytes: job.layer.sizeBytes, body: layerAgain(job) }
  yield textEntry(configName, config, modified)
  yield textEntry('manifest.json', JSON.stringify([{ Config: configName, RepoTags: job.options.names, Layers: [layerName] }]), modified)
}

function textEntry(name: string, text: string, modified: Date): PackedEntry {
  const bytes = Buffer.from(text)
  return { name, modified, sizeBytes: bytes.length, body: bodyOf(bytes) }
}

async function* layerAgain({ tree, layer, created }: Job): AsyncGenerator<Uint8Array, void, undefined> {
  const hash = createHash('sha256')
  for await (const chunk of layerTar(tree, created)) {
    hash.update(chunk)
    yield chunk
  }
  if (`sha256:${hash.digest('hex')}` !== layer.diffId) throw fileChanged('a file')
}

function imageConfig({ layer, created, options }: Job): unknown {
  const { entrypoint, cmd, env = [], workingDirectory = '', labels = {} } = options
  const hasPath = env.some((entry) => entry.startsWith('PATH='))
  return {
    architecture: ARCHITECTURES[arch()] ?? arch(),
    os: 'linux',
    created: created.toISOString(),
    config: {
      Env: hasPath ? env : [PATH, ...env],
      Entrypoint: entrypoint ?? null,
      Cmd: cmd ?? null,
      WorkingDir: workingDirectory,
      Labels: labels,
    },
    rootfs: { type: 'layers', diff_ids: [layer.diffId] },
    history: [{ created: created.toISOString(), created_by: 'ct pack' }],
  }
}
