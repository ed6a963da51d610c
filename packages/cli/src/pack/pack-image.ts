import { createHash } from 'node:crypto'
import { arch } from 'node:os'
import type { Header, Pack } from 'tar-stream'
import type { FileTree } from './file-tree.ts'
import { fileChanged, type LayerSummary, layerTar, measureLayer } from './layer.ts'
import { writtenTar } from './written-tar.ts'

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
  return writtenTar((archive) => writeArchive(archive, { tree, layer, created, options }))
}

type EntryHeader = Partial<Header> & Pick<Header, 'name'>

interface Job {
  readonly tree: FileTree
  readonly layer: LayerSummary
  readonly created: Date
  readonly options: PackOptions
}

async function writeArchive(archive: Pack, job: Job): Promise<void> {
  const config = JSON.stringify(imageConfig(job))
  const configName = `${createHash('sha256').update(config).digest('hex')}.json`
  const layerName = `${job.layer.diffId.slice('sha256:'.length)}/layer.tar`
  const manifest = [{ Config: configName, RepoTags: job.options.names, Layers: [layerName] }]
  const header = (name: string): EntryHeader => ({ name, mode: 0o644, mtime: job.created })
  archive.entry({ ...header(`${layerName.split('/')[0]}/`), type: 'directory', mode: 0o755 })
  await copyLayer(archive, header(layerName), job)
  archive.entry(header(configName), config)
  archive.entry(header('manifest.json'), JSON.stringify(manifest))
  archive.finalize()
}

async function copyLayer(archive: Pack, header: EntryHeader, { tree, layer, created }: Job): Promise<void> {
  const hash = createHash('sha256')
  const sink = archive.entry({ ...header, size: layer.sizeBytes })
  let failed: Error | undefined
  sink.on('error', (error: Error) => {
    failed = error
  })
  for await (const chunk of layerTar(tree, created)) {
    if (failed !== undefined) throw failed
    hash.update(chunk)
    if (!sink.write(chunk)) await drained(sink)
  }
  if (`sha256:${hash.digest('hex')}` !== layer.diffId) throw fileChanged('a file')
  sink.end(undefined)
}

/** Waits for room, or for the end of a stream that will never have any. */
function drained(sink: ReturnType<Pack['entry']>): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      sink.off('drain', done).off('close', done)
      resolve()
    }
    sink.on('drain', done).on('close', done)
  })
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
