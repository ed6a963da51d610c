import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseReport } from '../src/report.ts'
import { treeError } from '../src/tree-error.ts'
import { writeTarget } from '../src/tree-target.ts'
import { MessageWriter } from '../src/wire.ts'

const base = mkdtempSync('/tmp/ct-native-old-overlay-')
const helper = join(base, 'ct-native')

beforeAll(() => {
  const script = fileURLToPath(new URL('../scripts/build.mjs', import.meta.url))
  const built = spawnSync(process.execPath, [script, '--output', helper, '-DCT_FORCE_OLD_OVERLAY'], { encoding: 'utf8' })
  expect(built.stderr).toBe('')
}, 120_000)

afterAll(() => rmSync(base, { recursive: true }))

/** Directories with a file of the same name in each. */
function layers(names: readonly string[]): readonly string[] {
  return names.map((name) => {
    mkdirSync(join(base, name))
    writeFileSync(join(base, name, `in-${name}`), '')
    return join(base, name).replace(/[\\:]/g, '\\$&')
  })
}

/** Reads an overlay with a helper that makes it as kernels before 6.5 need it. */
async function scan(options: readonly string[]) {
  const writer = new MessageWriter()
  writeTarget(writer, { mounts: [{ type: 'overlay', source: 'overlay', options }] })
  writer.operation(3).u8(0).string('.')
  const child = spawn(helper, ['scan'], { stdio: ['pipe', 'pipe', 'ignore', 'ignore', 'pipe'] })
  child.stdin?.end(writer.finish())
  const [records, report] = await Promise.all([child.stdio[1], child.stdio[4]].map((stream) => (stream as Readable).toArray()))
  return { records: Buffer.concat(records ?? []).toString('latin1'), report: parseReport(Buffer.concat(report ?? [])) }
}

test('an overlay is made by mount(2), seen by nobody else, whatever the names of its layers', async () => {
  const before = readFileSync('/proc/self/mountinfo', 'utf8')
  const lowers = layers(['one:two', 'three,four', 'five\\six'])
  const [upper, work] = layers(['upper', 'work'])
  const { records, report } = await scan(['ro', `lowerdir=${lowers.join(':')}`, `upperdir=${upper}`, `workdir=${work}`])
  expect(report).toMatchObject({ ok: true, index: 5 })
  for (const name of ['one:two', 'three,four', 'five\\six', 'upper']) expect(records).toContain(`in-${name}`)
  expect(readFileSync('/proc/self/mountinfo', 'utf8')).toBe(before)
})

test('more directories than a page has room for are refused, with a reason', async () => {
  const lowers = layers(Array.from({ length: 40 }, (_, number) => `${number}`.padStart(120, '0')))
  const { report } = await scan([`lowerdir=${lowers.join(':')}`])
  expect(report).toMatchObject({ ok: false, stage: 'mount', errno: constants.errno.E2BIG })
  const error = treeError('read', 'overlay', { ok: false, stage: 20, index: 0, errno: constants.errno.E2BIG, path: '' })
  expect(error).toMatchObject({ kind: 'unsupported', message: expect.stringContaining('kernel before 6.5') })
})
