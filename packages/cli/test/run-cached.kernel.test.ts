import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import * as nodeModule from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const built = fileURLToPath(new URL('../', import.meta.url))

/** The built command, copied to where a test may spoil it. Node keeps compiled code itself from 22.1 on. */
describe.skipIf('enableCompileCache' in nodeModule)('the code of an earlier run', () => {
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ct-cached-'))
    await cp(join(built, 'dist'), join(directory, 'dist'), { recursive: true })
    await cp(join(built, 'package.json'), join(directory, 'package.json'))
  })
  afterEach(() => rm(directory, { recursive: true }))

  const says = async (): Promise<string> =>
    (await promisify(execFile)(process.execPath, [join(directory, 'dist/ct.cjs'), '--version'])).stdout
  const kept = (): Promise<string[]> => readdir(join(directory, '.cache'))

  it('is kept once, and used', async () => {
    const first = await says()
    const [file = '', ...others] = await kept()
    expect(others).toEqual([])
    const code = await readFile(join(directory, '.cache', file))
    expect(await says()).toBe(first)
    expect(await readFile(join(directory, '.cache', file))).toEqual(code)
  })

  it('is made anew when the program has changed', async () => {
    await says()
    const before = await kept()
    await utimes(join(directory, 'dist/main.cjs'), 1, 1)
    await says()
    expect(await kept()).toHaveLength(1)
    expect(await kept()).not.toEqual(before)
  })

  it('is not believed when it is damaged', async () => {
    const first = await says()
    const [file = ''] = await kept()
    await writeFile(join(directory, '.cache', file), 'not code')
    expect(await says()).toBe(first)
    expect((await readFile(join(directory, '.cache', file))).length).toBeGreaterThan(1000)
  })

  it('is done without where it cannot be kept', async () => {
    const script = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && exec "$2" "$1/dist/ct.cjs" --version'
    const readOnly = ['--mount', 'sh', '-c', script, 'sh', directory, process.execPath]
    expect((await promisify(execFile)('unshare', readOnly)).stdout).toMatch(/^ct version /)
    await expect(kept()).rejects.toMatchObject({ code: 'ENOENT' })
  })
})
