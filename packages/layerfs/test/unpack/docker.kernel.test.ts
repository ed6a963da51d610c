import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, existsSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { appendLayer, digestOf, emptyDraft, type ImageLayer, MEDIA_TYPES, MemoryStore, readImage, saveArchive, writeImage } from '@ct/image'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { OverlaySnapshotter } from '../../src/snapshots/overlay-snapshotter.ts'
import { unpack } from '../../src/unpack/unpack.ts'
import { overlayOf, scratch, treeOf } from '../scratch.ts'
import { archive, chunked, file, header, pax } from '../tar/archive.ts'

const { root, sub } = scratch()
const dir = (name: string, mode = '0000755'): Buffer => header({ name, type: '5', mode })
const symlink = (name: string, link: string): Buffer => header({ name, type: '2', link, mode: '0000777' })
const hardLink = (name: string, link: string): Buffer => header({ name, type: '1', link })
const wh = (name: string): Buffer => file(name)
const base256 = (value: number): Buffer => {
  const field = Buffer.alloc(8)
  field.writeUInt32BE(value, 4)
  field[0] = 0x80
  return field
}

/**
 * Each edge is two layers, or one and an empty one; all of them are one image, each in a directory of its own. What Docker does not do
 * is not among them: it refuses duplicate names and hard links to files of the layer below, gives directories without an entry the time of
 * day, and brings back what is below a directory that is whited out and made anew.
 */
const edges: Readonly<Record<string, (at: string) => readonly (readonly Buffer[])[]>> = {
  owners: (at) => [
    [
      file(`${at}octal`, 'x', { uid: '0001750', gid: '0000144' }),
      file(`${at}base256`, 'x', { uid: base256(3_000_000), gid: base256(2 ** 31 + 5) }),
      pax([
        ['uid', '4294967293'],
        ['gid', '2097152'],
      ]),
      file(`${at}pax`, 'x'),
    ],
  ],
  modes: (at) => [
    [
      file(`${at}setuid`, 'x', { mode: '0006755', uid: '0001750' }),
      dir(`${at}sticky/`, '0001777'),
      dir(`${at}closed/`, '0000000'),
      file(`${at}closed/f`, 'x', { mode: '0000000' }),
    ],
  ],
  times: (at) => [
    [
      pax([['mtime', '1700000000.123456789']]),
      dir(`${at}d/`),
      pax([['mtime', '1.000000001']]),
      file(`${at}d/nanoseconds`, 'x'),
      header({ name: `${at}d/link`, type: '2', link: 'nanoseconds', mtime: '00000000007' }),
    ],
  ],
  attributes: (at) => [
    [
      pax([['SCHILY.xattr.security.capability', Buffer.from('0100000200040000000000000000000000000000', 'hex')]]),
      file(`${at}capability`, 'x', { mode: '0000755' }),
      pax([['SCHILY.xattr.user.binary', Buffer.from([0, 10, 255])]]),
      dir(`${at}d/`),
    ],
  ],
  nodes: (at) => [
    [
      header({ name: `${at}null`, type: '3', major: '0000001', minor: '0000003', mode: '0000666' }),
      header({ name: `${at}loop`, type: '4', major: '0000007', minor: '0000777', mode: '0000660' }),
      header({ name: `${at}fifo`, type: '6', mode: '0000600' }),
    ],
  ],
  names: (at) => [
    [
      ...['dots', 'prefix', 'p'.repeat(90)].map((name) => dir(`${at}${name}/`)),
      file(`${at}\xff\xfe`, 'x'),
      Buffer.concat([file('././@LongLink', `${at}${'g'.repeat(200)}\0`, { type: 'L', magic: 'ustar  \0' }), file('short', 'x')]),
      pax([['path', `${at}${'p'.repeat(90)}/${'q'.repeat(120)}`]]),
      file('short', 'x'),
      header({ name: 'in-a-prefix', prefix: `${at}prefix` }),
      file(`./${at}./dots//here`, 'x'),
      file(`/${at}absolute`, 'x'),
      header({ name: `${at}v7/`, type: '\0', mode: '0000700', magic: '' }),
    ],
  ],
  links: (at) => [
    [file(`${at}a`, 'a'), hardLink(`${at}b`, `${at}a`), file(`${at}kept`, 'kept'), symlink(`${at}s`, 'a'), hardLink(`${at}t`, `${at}s`)],
    [file(`${at}kept`, 'again'), hardLink(`${at}across`, `${at}kept`), file(`${at}a`, 'changed')],
  ],
  replaced: (at) => [
    [file(`${at}f`, 'x'), dir(`${at}d/`), file(`${at}d/old`, 'x'), symlink(`${at}l`, 'd'), dir(`${at}e/`), file(`${at}e/old`, 'x')],
    [dir(`${at}f/`), file(`${at}f/n`, 'n'), file(`${at}d`, 'n'), dir(`${at}l/`), file(`${at}l/n`, 'n'), symlink(`${at}e`, 'f')],
  ],
  whiteouts: (at) => [
    [file(`${at}a`, 'a'), file(`${at}b`, 'b'), dir(`${at}d/`), file(`${at}d/old`, 'x'), dir(`${at}gone/`), file(`${at}gone/x`, 'x')],
    [wh(`${at}.wh.a`), wh(`${at}.wh.b`), file(`${at}b`, 'new'), dir(`${at}d/`), wh(`${at}d/.wh.old`), wh(`${at}.wh.gone`)],
  ],
  opaque: (at) => [
    [dir(`${at}d/`), file(`${at}d/old`, 'x'), dir(`${at}d/sub/`), file(`${at}d/sub/old`, 'x')],
    [dir(`${at}d/`), wh(`${at}d/.wh..wh..opq`), file(`${at}d/n`, 'n'), dir(`${at}d/sub/`), file(`${at}d/sub/n`, 'n')],
  ],
  aufs: (at) => [[file(`${at}f`, 'x')], [dir('.wh..wh.plnk/'), file('.wh..wh.aufs', '')]],
  sparse: (at) => [
    [
      pax([
        ['GNU.sparse.major', '1'],
        ['GNU.sparse.minor', '0'],
        ['GNU.sparse.name', `${at}f`],
        ['GNU.sparse.realsize', '9000'],
      ]),
      file('f', Buffer.concat([Buffer.from('1\n8000\n4\n'), Buffer.alloc(512 - 9), Buffer.from('data')])),
    ],
  ],
}

const socket = join(root, 'docker.sock')
const docker = (...args: string[]): string => execFileSync('docker', ['-H', `unix://${socket}`, ...args], { encoding: 'utf8' }).trim()
let stopDocker: () => Promise<void>

beforeAll(async () => {
  const places = ['--data-root', join(root, 'docker'), '--exec-root', join(root, 'exec'), '-p', join(root, 'pid'), '-H', `unix://${socket}`]
  const daemon = spawn('dockerd', [...places, '--bridge=none', '--iptables=false', '--storage-driver=overlay2'], { stdio: 'ignore' })
  stopDocker = async () => {
    if (daemon.exitCode !== null) return
    daemon.kill()
    await once(daemon, 'exit')
  }
  while (!existsSync(socket)) {
    if (daemon.exitCode !== null) throw new Error(`dockerd ended with ${daemon.exitCode}`)
    await sleep(50)
  }
}, 60_000)
afterAll(() => stopDocker())

/** An image with all edges in two layers. */
async function makeImage(store: MemoryStore): Promise<void> {
  const layers = [0, 1].map((index) => archive(...Object.entries(edges).flatMap(([name, make]) => partsOf(name, make(`${name}/`)[index]))))
  let draft = emptyDraft()
  for (const tar of layers) {
    const bytes = gzipSync(tar)
    const layer: ImageLayer = {
      diffId: digestOf(tar),
      descriptor: { mediaType: MEDIA_TYPES.ociLayerGzip, digest: digestOf(bytes), size: bytes.length },
    }
    await store.push(layer.descriptor, chunked(bytes))
    draft = appendLayer(draft, layer)
  }
  await store.tag(await writeImage(store, draft), 'edges:1')
}

function partsOf(name: string, parts: readonly Buffer[] = []): readonly Buffer[] {
  return parts.length === 0 ? [] : [dir(`${name}/`), ...parts]
}

describe('docker', () => {
  it('makes the same tree of an image with every edge, to the nanosecond, attribute and inode', async () => {
    const store = new MemoryStore()
    await makeImage(store)
    await pipeline(saveArchive(store, ['edges:1']), createWriteStream(join(root, 'edges.tar')))
    docker('load', '-qi', join(root, 'edges.tar'))
    const lowers = JSON.parse(docker('inspect', '-f', '{{json .GraphDriver.Data}}', 'edges:1'))
    const theirs = await treeOf(overlayOf(lowers.UpperDir, ...lowers.LowerDir.split(':')), { exact: true })

    const snapshotter = await OverlaySnapshotter.open({ root: sub() })
    const { chainId } = await unpack(store, await readImage(store, await store.resolve('edges:1')), snapshotter)
    const ours = await treeOf({ mounts: await snapshotter.view('look', chainId) }, { exact: true })
    for (const tree of [ours, theirs]) delete tree['.']
    expect(ours).toEqual(theirs)
    expect(Object.keys(ours).length).toBeGreaterThan(50)
  }, 60_000)
})
