import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { digestHex, digestOf } from '@ct/image'
import { type TarInput, writeTar } from '@ct/layerfs'

/** What the config of a test image says beside its layers. */
export type ImageSettings = Readonly<Record<string, unknown>>

type Node = Pick<TarInput, 'path' | 'type' | 'mode'> & Partial<TarInput>

/** A docker archive with one image of two layers: busybox with all its applets, and a few files. */
export async function* busyboxArchive(
  tag = 'busybox:test',
  settings: ImageSettings = {},
  architecture = hostArchitecture(),
): AsyncGenerator<Uint8Array> {
  const layers = [await joined(writeTar(programs())), await joined(writeTar(files()))]
  const config = Buffer.from(
    JSON.stringify({
      architecture,
      os: 'linux',
      created: '2024-01-02T03:04:05Z',
      config: { Env: ['PATH=/bin', 'FROM=image'], Cmd: ['sh'], ...settings },
      rootfs: { type: 'layers', diff_ids: layers.map((layer) => digestOf(layer)) },
      history: [{ created_by: 'ADD programs' }, { created_by: 'ADD files' }, { created_by: 'CMD sh', empty_layer: true }],
    }),
  )
  const configName = `${digestHex(digestOf(config))}.json`
  const manifest = [{ Config: configName, RepoTags: [tag], Layers: layers.map((_, index) => `${index}/layer.tar`) }]
  yield* writeTar([
    file(configName, config),
    ...layers.map((layer, index) => file(`${index}/layer.tar`, layer)),
    file('manifest.json', Buffer.from(JSON.stringify(manifest))),
  ])
}

function programs(): TarInput[] {
  const program = readFileSync('/bin/busybox')
  const applets = execFileSync('/bin/busybox', ['--list'], { encoding: 'utf8' })
    .split('\n')
    .filter((name) => name !== '' && name !== 'busybox')
  return [
    directory('bin'),
    file('bin/busybox', program, 0o755),
    ...applets.map((name) => node({ path: Buffer.from(`bin/${name}`), type: 'symlink', mode: 0o777, linkTarget: Buffer.from('busybox') })),
  ]
}

function files(): TarInput[] {
  return [
    directory('etc'),
    file('etc/passwd', Buffer.from('root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000:app:/home/app:/bin/sh\n')),
    file('etc/group', Buffer.from('root:x:0:\nwheel:x:10:root,app\napp:x:1000:\n')),
    directory('root', 0o700),
    directory('home'),
    node({ path: Buffer.from('home/app'), type: 'directory', mode: 0o750, uid: 1000, gid: 1000 }),
    directory('tmp', 0o1777),
    node({ path: Buffer.from('data'), type: 'directory', mode: 0o755, uid: 1000, gid: 1000 }),
    file('data/seed', Buffer.from('from the image\n')),
    file('plain', Buffer.from('not executable\n')),
  ]
}

const directory = (path: string, mode = 0o755): TarInput => node({ path: Buffer.from(path), type: 'directory', mode })

function file(path: string, bytes: Uint8Array, mode = 0o644): TarInput {
  return node({ path: Buffer.from(path), type: 'file', mode, sizeBytes: bytes.length, content: [bytes] })
}

function node(given: Node): TarInput {
  return { uid: 0, gid: 0, sizeBytes: 0, mtimeNs: 1_700_000_000_000_000_000n, major: 0, minor: 0, xattrs: [], ...given }
}

async function joined(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await collected(chunks))
}

/** Everything that an iterable gives. */
export async function collected<Item>(source: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = []
  for await (const item of source) items.push(item)
  return items
}

function hostArchitecture(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch
}
