import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { chainId, digestOf, type ImageLayer, MEDIA_TYPES, MemoryStore, OciLayout, type Source, type Target } from '@ct/image'
import { describe, expect, it } from 'vitest'
import { CopySnapshotter } from '../../src/snapshots/copy-snapshotter.ts'
import { measureTree } from '../../src/snapshots/measure-tree.ts'
import { OverlaySnapshotter } from '../../src/snapshots/overlay-snapshotter.ts'
import { type UnpackProgress, unpack } from '../../src/unpack/unpack.ts'
import { scratch, treeOf } from '../scratch.ts'
import { archive, chunked, file, header, pax } from '../tar/archive.ts'

const { sub } = scratch()
const dir = (name: string, mode = '0000755', mtime = '00000000100'): Buffer => header({ name, type: '5', mode, mtime })

async function push(store: Target, bytes: Buffer, mediaType: string) {
  const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length }
  await store.push(descriptor, chunked(bytes, 1000))
  return descriptor
}

/** Pushes archives as layers: gzip, plain, gzip, … */
async function layersOf(store: Target, archives: readonly Buffer[]): Promise<ImageLayer[]> {
  const layers: ImageLayer[] = []
  for (const [i, bytes] of archives.entries()) {
    const descriptor =
      i % 2 === 0
        ? await push(store, gzipSync(bytes, { level: 1 }), MEDIA_TYPES.ociLayerGzip)
        : await push(store, bytes, MEDIA_TYPES.ociLayer)
    layers.push({ descriptor, diffId: digestOf(bytes) })
  }
  return layers
}

async function opened(root = sub()): Promise<{ readonly root: string; readonly snapshotter: OverlaySnapshotter }> {
  return { root, snapshotter: await OverlaySnapshotter.open({ root }) }
}

const names = async (snapshotter: OverlaySnapshotter): Promise<string[]> => {
  const keys: string[] = []
  for await (const { key } of snapshotter.list()) keys.push(key)
  return keys
}

const base = archive(
  dir('./', '0000751'),
  dir('etc/', '0000750'),
  file('etc/passwd', 'root:x:0:0', { mode: '0000644', mtime: '00000000200' }),
  dir('usr/'),
  dir('usr/lib/'),
  file('usr/lib/lib.so', 'library', { mode: '0000755' }),
  header({ name: 'lib', type: '2', link: 'usr/lib', mode: '0000777' }),
  pax([['SCHILY.xattr.user.note', 'hello']]),
  file('noted', 'x'),
)
const second = archive(
  dir('./', '0000755'),
  dir('etc/', '0000755'),
  file('etc/.wh.passwd'),
  file('etc/hosts', 'localhost'),
  dir('opt/'),
  file('opt/.wh..wh..opq'),
  file('opt/tool', 'tool'),
)
const dependent: readonly (readonly [string, Buffer, Readonly<Record<string, string>>])[] = [
  [
    'a hard link to a file of a lower layer',
    archive(header({ name: 'linked', type: '1', link: 'usr/lib/lib.so' })),
    { linked: `file 755 0:0 ${digestOf('library').slice(7, 15)}`, 'usr/lib/lib.so': `file 755 0:0 ${digestOf('library').slice(7, 15)}` },
  ],
  ['an entry in a directory that only a lower layer has', archive(file('etc/new', 'n')), { etc: 'directory 750 0:0' }],
  [
    'an entry through a link of a lower layer',
    archive(file('lib/new', 'n')),
    { lib: 'symlink 777 0:0 -> usr/lib', 'usr/lib/new': `file 644 0:0 ${digestOf('n').slice(7, 15)}` },
  ],
  [
    'an entry in a directory that it makes anew without saying so',
    archive(file('.wh.etc'), file('etc/new', 'n')),
    { etc: 'directory 755 0:0', 'etc/new': `file 644 0:0 ${digestOf('n').slice(7, 15)}` },
  ],
  ['an opaque root', archive(file('.wh..wh..opq'), file('only', 'n')), { only: `file 644 0:0 ${digestOf('n').slice(7, 15)}` }],
]

describe('unpack', () => {
  it('makes a committed snapshot of every layer, named by its chainID', async () => {
    const store = new MemoryStore()
    const layers = await layersOf(store, [base, second])
    const { snapshotter } = await opened()
    const { chainId: top } = await unpack(store, { layers }, snapshotter)
    expect(top).toBe(chainId(layers.map(({ diffId }) => diffId)))
    expect(await names(snapshotter)).toEqual([layers[0]?.diffId, top])
    const tree = await treeOf({ mounts: await snapshotter.view('look', top) })
    expect(Object.keys(tree)).toEqual(['.', 'etc', 'etc/hosts', 'lib', 'noted', 'opt', 'opt/tool', 'usr', 'usr/lib', 'usr/lib/lib.so'])
  })

  it('reports progress, and takes what exists', async () => {
    const store = new MemoryStore()
    const layers = await layersOf(store, [base, second])
    const { snapshotter } = await opened()
    const events: UnpackProgress[] = []
    await unpack(store, { layers: layers.slice(0, 1) }, snapshotter)
    await unpack(store, { layers }, snapshotter, { onProgress: (event) => void events.push(event) })
    const digests = layers.map(({ descriptor }) => descriptor.digest)
    expect(events.filter(({ layer }) => layer.digest === digests[0]).map(({ state }) => state)).toEqual(['exists'])
    const states = events.filter(({ layer }) => layer.digest === digests[1])
    expect([...new Set(states.map(({ state }) => state))]).toEqual(['waiting', 'extracting', 'done'])
    expect(states.at(-1)?.readBytes).toBe(states.at(-1)?.layer.size)
  })

  it.each(dependent)('applies a layer that needs those below: %s', async (_what, bytes, expected) => {
    const store = new MemoryStore()
    const layers = await layersOf(store, [base, bytes])
    const { snapshotter } = await opened()
    const { chainId: top } = await unpack(store, { layers }, snapshotter)
    const tree = await treeOf({ mounts: await snapshotter.view('look', top) })
    expect(tree).toMatchObject(expected)
    if (Object.keys(expected).includes('only')) expect(Object.keys(tree)).toEqual(['.', 'only'])
    expect(await names(snapshotter)).toHaveLength(3)
  })

  it('gives the root of a layer that does not mention it what the one below has', async () => {
    const store = new MemoryStore()
    const layers = await layersOf(store, [base, archive(dir('new/'))])
    const { snapshotter } = await opened()
    const { chainId: top } = await unpack(store, { layers }, snapshotter)
    expect((await treeOf({ mounts: await snapshotter.view('look', top) }, { exact: true }))['.']).toBe('directory 751 0:0 64000000000')
  })

  it.each<[string, (layers: ImageLayer[], store: MemoryStore) => Promise<ImageLayer[]>, string]>([
    ['another diffID', async ([first, last]) => [first, { ...last, diffId: digestOf('else') }] as ImageLayer[], 'LAYERFS_DIFF_ID_MISMATCH'],
    [
      'a missing blob',
      async ([first, last]) => [first, { ...last, descriptor: { ...last?.descriptor, digest: digestOf('else') } }] as ImageLayer[],
      'IMAGE_NO_BLOB',
    ],
    [
      'a truncated blob',
      async ([first], store) => [first, ...(await brokenLayer(store, gzipSync(second).subarray(0, 100)))] as ImageLayer[],
      'LAYERFS_COMPRESSION_CORRUPT',
    ],
    [
      'a blob that is no archive',
      async ([first], store) => [first, ...(await brokenLayer(store, Buffer.from('x'.repeat(2000))))] as ImageLayer[],
      'TAR_CORRUPT',
    ],
  ])('keeps nothing of a layer with %s, and those that are complete', async (_what, breakIt, code) => {
    const store = new MemoryStore()
    const layers = await layersOf(store, [base, second])
    const { root, snapshotter } = await opened()
    await expect(unpack(store, { layers: await breakIt(layers, store) }, snapshotter)).rejects.toMatchObject({ code })
    expect((await names(snapshotter)).filter((key) => key !== layers[0]?.diffId)).toEqual([])
    expect(readdirSync(join(root, 'snapshots')).filter((name) => name !== 'l' && name !== layers[0]?.diffId)).toEqual([])
    await unpack(store, { layers }, snapshotter)
  })

  it('stops at a signal, with its reason, and leaves nothing half-made', async () => {
    const store = new MemoryStore()
    const layers = await layersOf(store, [base, second, archive(file('big', 'x'.repeat(3_000_000)))])
    const { root, snapshotter } = await opened()
    const controller = new AbortController()
    const onProgress = ({ state }: UnpackProgress): void => {
      if (state === 'extracting') controller.abort(new Error('enough'))
    }
    await expect(unpack(store, { layers }, snapshotter, { signal: controller.signal, onProgress })).rejects.toThrow('enough')
    expect(readdirSync(join(root, 'snapshots')).filter((name) => !name.startsWith('sha256:'))).toEqual(['l'])
  })

  it('may unpack one image twice at once', async () => {
    const store = new MemoryStore()
    const layers = await layersOf(store, [base, second])
    const { snapshotter } = await opened()
    const results = await Promise.all([1, 2, 3].map(() => unpack(store, { layers }, snapshotter)))
    expect(new Set(results.map(({ chainId: top }) => top)).size).toBe(1)
    expect(await names(snapshotter)).toHaveLength(2)
  })

  it('knows what each layer takes without looking through it again', async () => {
    const store = new MemoryStore()
    const twice = archive(dir('d/'), file('d/f', 'one'), file('d/f', 'other'), header({ name: 'd/h', type: '1', link: 'd/f' }))
    const layers = await layersOf(store, [base, second, twice, archive(file('a/b/c', 'implied'), file('x/.wh.gone'))])
    const { root, snapshotter } = await opened()
    await unpack(store, { layers }, snapshotter)
    const records = (await names(snapshotter)).map((key) => JSON.parse(readFileSync(join(root, 'snapshots', key, 'record.json'), 'utf8')))
    expect(records.map(({ usage }) => usage !== undefined)).toEqual([true, true, false, true])
    for (const key of await names(snapshotter)) {
      expect(await snapshotter.usage(key), key).toEqual(await measureTree(join(root, 'snapshots', key, 'fs')))
    }
    const again = await OverlaySnapshotter.open({ root })
    for (const key of await names(snapshotter)) expect(await again.usage(key)).toEqual(await snapshotter.usage(key))
  })

  it('makes the same trees for a snapshotter that copies', async () => {
    const store = new MemoryStore()
    const linked = archive(header({ name: 'linked', type: '1', link: 'usr/lib/lib.so' }), file('.wh.noted'))
    const layers = await layersOf(store, [base, second, linked])
    const { snapshotter: overlay } = await opened()
    const copies = await CopySnapshotter.open({ root: sub() })
    const { chainId: top } = await unpack(store, { layers }, overlay)
    await unpack(store, { layers }, copies)
    const [theirs, ours] = [await overlay.view('look', top), await copies.view('look', top)]
    const [expected, tree] = [await treeOf({ mounts: theirs }, { exact: true }), await treeOf({ mounts: ours }, { exact: true })]
    // The last layer says nothing about the root, and changes it: its time is that of the unpacking.
    expect({ ...tree, '.': '' }).toEqual({ ...expected, '.': '' })
  })

  it('needs a layer', async () => {
    await expect(unpack(new MemoryStore(), { layers: [] }, (await opened()).snapshotter)).rejects.toThrow(TypeError)
  })
})

describe('unpack beside umoci', () => {
  it('makes the same tree of the same image', async () => {
    const directory = sub()
    const layout = await OciLayout.open(join(directory, 'layout'))
    const layers = await layersOf(layout, [
      base,
      second,
      archive(dir('./', '0000755'), dir('usr/'), dir('usr/lib/'), file('usr/lib/lib.so', 'newer', { mode: '0004755' })),
    ])
    await tagImage(layout, layers)
    execFileSync('umoci', ['unpack', '--image', `${join(directory, 'layout')}:latest`, join(directory, 'bundle')])
    const { snapshotter } = await opened()
    const { chainId: top } = await unpack(layout, { layers }, snapshotter)
    const mounts = await snapshotter.view('look', top)
    expect(await treeOf({ mounts }, { exact: true })).toEqual(await treeOf({ path: join(directory, 'bundle/rootfs') }, { exact: true }))
  })
})

async function brokenLayer(store: MemoryStore, bytes: Buffer): Promise<ImageLayer[]> {
  return [{ descriptor: await push(store, bytes, MEDIA_TYPES.ociLayerGzip), diffId: digestOf(second) }]
}

async function tagImage(store: Target & Source, layers: readonly ImageLayer[]): Promise<void> {
  const config = {
    architecture: 'amd64',
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
  }
  const manifest = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.ociManifest,
    config: await push(store, Buffer.from(JSON.stringify(config)), MEDIA_TYPES.ociConfig),
    layers: layers.map(({ descriptor }) => descriptor),
  }
  await store.tag(await push(store, Buffer.from(JSON.stringify(manifest)), MEDIA_TYPES.ociManifest), 'latest')
}
