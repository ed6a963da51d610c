import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { helperPath, NativeError, openTreeWriter, scanTree, type TreeMeta } from '../src/index.ts'

const meta: TreeMeta = { mode: 0o644, uid: 0, gid: 0 }
const ROUNDS = 8
const FILES = 50

/** Exchanges `place` and `link` in the working directory as fast as it can. */
const SWAP = `
import ctypes
rename = ctypes.CDLL(None, use_errno=True).renameat2
print('ready', flush=True)
while rename(-100, b'place', -100, b'link', 2) == 0: pass
`

describe.skipIf(spawnSync('python3', ['-V']).status !== 0)('while a directory of the tree is swapped for a link to the host', () => {
  let base: string
  let root: string
  let outside: string
  let attacker: ChildProcess

  beforeEach(async () => {
    base = mkdtempSync(join(tmpdir(), 'ct-tree-'))
    root = join(base, 'root')
    outside = join(base, 'outside')
    mkdirSync(join(root, 'place'), { recursive: true })
    mkdirSync(outside)
    writeFileSync(join(outside, 'mine'), 'of the host')
    symlinkSync(outside, join(root, 'link'))
    attacker = spawn('python3', ['-c', SWAP], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
    if (attacker.stdout) await once(attacker.stdout, 'data')
  })

  afterEach(async () => {
    attacker.kill('SIGKILL')
    await once(attacker, 'exit')
    const found = readdirSync(outside).map((name) => [name, readFileSync(join(outside, name), 'utf8')])
    rmSync(base, { recursive: true, force: true })
    expect(found).toEqual([['mine', 'of the host']])
  })

  it('nothing is written or removed behind the link', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      try {
        await using tree = await openTreeWriter({ path: root })
        for (let count = 0; count < FILES; count += 1) {
          tree.file(`place/new-${count}`, meta, 1)
          tree.write(Buffer.from('x'))
          tree.remove('place/mine')
          tree.setMeta(`place/new-${count}`, { ...meta, mode: 0o600 })
          tree.directory('place/sub', meta)
          tree.clear('place/sub')
        }
        await tree.finish()
      } catch (error) {
        expect(error).toBeInstanceOf(NativeError) // what it began in one of the two it may not find in the other
      }
    }
  })

  it('nothing is read from behind it', async () => {
    for (let round = 0; round < ROUNDS * 2; round += 1) {
      const names: string[] = []
      try {
        for await (const { path } of scanTree({ path: root }, { subpath: 'place', followSubpath: true }))
          names.push(Buffer.from(path).toString())
      } catch (error) {
        expect(error).toBeInstanceOf(NativeError)
      }
      expect(names).not.toContain('mine')
    }
  })
})

const program = readFileSync(helperPath())
// The sanitizers come as libraries.
const isSanitized = program.includes('__asan_')

it.skipIf(isSanitized)('the program that copies needs no loader and no library, which a container could bring', () => {
  const [headersAt, size, count] = [Number(program.readBigUInt64LE(32)), program.readUInt16LE(54), program.readUInt16LE(56)]
  const types = Array.from({ length: count }, (_, index) => program.readUInt32LE(headersAt + index * size))
  expect(types).toContain(1) // PT_LOAD
  expect(types).not.toContain(2) // PT_DYNAMIC
  expect(types).not.toContain(3) // PT_INTERP
})
