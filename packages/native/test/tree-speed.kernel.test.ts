import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openTreeWriter, scanTree } from '../src/index.ts'

const FILES = 4000
const meta = { mode: 0o644, uid: 0, gid: 0, mtimeNs: 1_600_000_000_000_000_000n }
const small = randomBytes(6000)
const large = randomBytes(2 << 20)
let base: string

beforeAll(() => {
  base = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'ct-speed-'))
})

afterAll(() => rmSync(base, { recursive: true, force: true }))

/** 66 MB in 4,000 files, in the best of three tries. */
async function write(): Promise<number> {
  const times = []
  for (const round of [1, 2, 3]) {
    const root = join(base, `round-${round}`)
    mkdirSync(root)
    const from = performance.now()
    await using tree = await openTreeWriter({ path: root })
    for (let i = 0; i < FILES; i++) {
      const content = i % 200 === 0 ? large : small
      if (i % 40 === 0) tree.directory(`d${i}`, { ...meta, mode: 0o755 })
      tree.file(`d${i - (i % 40)}/f${i}`, meta, content.length)
      tree.write(content)
      if (tree.needsDrain) await tree.drain()
    }
    await tree.finish()
    times.push(performance.now() - from)
  }
  return Math.min(...times)
}

it('a tree is written about as fast as GNU tar does it, and read back as fast as it is written', async () => {
  const written = await write()
  const archive = join(base, 'archive.tar')
  execFileSync('tar', ['-cf', archive, '-C', join(base, 'round-1'), '.'])
  const times = [1, 2, 3].map((round) => {
    const root = join(base, `tar-${round}`)
    mkdirSync(root)
    const from = performance.now()
    execFileSync('tar', ['-xf', archive, '-C', root])
    return performance.now() - from
  })
  const from = performance.now()
  let bytes = 0
  for await (const { content } of scanTree({ path: join(base, 'round-1') }, { content: true })) {
    for await (const chunk of content ?? []) bytes += chunk.length
  }
  const read = performance.now() - from
  expect(bytes).toBe((FILES - 20) * small.length + 20 * large.length)
  expect(written, `apply ${written} ms, tar ${times} ms`).toBeLessThan(3 * Math.min(...times) + 100)
  expect(read, `scan ${read} ms`).toBeLessThan(3 * written + 300)
})
