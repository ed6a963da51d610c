import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { scratch } from '../scratch.ts'
import { archive, file, header } from '../tar/archive.ts'

const { sub } = scratch()
const BUILT = fileURLToPath(new URL('../../dist/index.js', import.meta.url))

/** Applies two layers as an image would have them, and says what is in the mounted result, without being root. */
const SCRIPT = `
import { applyLayer, exportTree, OverlaySnapshotter, readTar } from ${JSON.stringify(BUILT)}
const [root, ...layers] = process.argv.slice(1)
const snapshotter = await OverlaySnapshotter.open({ root })
let parent
for (const [index, layer] of layers.entries()) {
  await snapshotter.prepare('active', parent)
  const target = { path: await snapshotter.upperDirectory('active') }
  await applyLayer((async function* () { yield Buffer.from(layer, 'base64') })(), target, { whiteouts: snapshotter.whiteouts })
  await snapshotter.commit('layer-' + index, 'active')
  parent = 'layer-' + index
}
const mounts = await snapshotter.prepare('container', parent)
const names = []
for await (const { path } of readTar(exportTree({ mounts }))) names.push(Buffer.from(path).toString())
console.log(JSON.stringify({ options: mounts[0].options.slice(-1), names }))
`

describe('OverlaySnapshotter in a user namespace', () => {
  it('stacks layers with whiteouts and opaque directories, by attributes of users', () => {
    const dir = (name: string): Buffer => header({ name, type: '5', mode: '0000755' })
    const lower = archive(dir('d/'), file('d/old', 'x'), file('gone', 'x'), dir('kept/'), file('kept/f', 'x'))
    const upper = archive(dir('d/'), file('d/.wh..wh..opq'), file('d/new', 'x'), file('.wh.gone'))
    const layers = [lower, upper].map((bytes) => bytes.toString('base64'))
    const node = [process.execPath, '--input-type=module', '-e', SCRIPT, sub(), ...layers]
    const shown = execFileSync('unshare', ['--user', '--map-root-user', '--mount', '--', ...node], { encoding: 'utf8' })
    expect(JSON.parse(shown)).toEqual({ options: ['userxattr'], names: ['d/', 'd/new', 'kept/', 'kept/f'] })
  })
})
