import { execFileSync } from 'node:child_process'
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ElfFile, readElf } from '../../src/pack/elf.ts'

async function read(path: string): Promise<ElfFile | undefined> {
  await using file = await open(path)
  return await readElf(file, path)
}

/** What binutils or the loader's own tool say, where it is there. */
function readelf(path: string): string | undefined {
  try {
    return execFileSync('readelf', ['-dlW', path], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  } catch {
    return undefined
  }
}

describe('readElf', () => {
  let directory: string
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ct-elf-'))
  })
  afterAll(() => rm(directory, { recursive: true }))

  it.each(['/bin/ls', '/bin/bash', process.execPath])('reads the headers of %s as readelf does', async (path) => {
    const elf = await read(path)
    const expected = readelf(path)
    expect(elf?.interpreter).toMatch(/^\/lib.*ld/)
    expect(elf?.needed).toContain('libc.so.6')
    if (expected === undefined) return
    expect(elf?.needed).toEqual(Array.from(expected.matchAll(/\(NEEDED\).*\[(.*)\]/g), ([, name]) => name))
    expect(elf?.interpreter).toBe(/program interpreter: (.*)\]/.exec(expected)?.[1])
  })

  it('gives nothing for a file that is not ELF', async () => {
    expect(await read('/etc/passwd')).toBeUndefined()
    expect(await read('/dev/null')).toBeUndefined()
  })

  it.each([
    ['cut off in the program headers', 80],
    ['cut off before the dynamic section', 2048],
  ])('refuses a file that is %s', async (_what, size) => {
    const path = join(directory, `cut-${size}`)
    await writeFile(path, (await readFile('/bin/ls')).subarray(0, size))
    await expect(read(path)).rejects.toMatchObject({ code: 'CLI_PACK_BAD_ELF', kind: 'corrupt' })
  })

  it('never reads more than a bounded table, whatever a header claims', async () => {
    const bytes = (await readFile('/bin/ls')).subarray()
    bytes.writeUInt16LE(0xffff, 54)
    bytes.writeUInt16LE(0xffff, 56)
    const path = join(directory, 'huge')
    await writeFile(path, bytes)
    await expect(read(path)).rejects.toMatchObject({ code: 'CLI_PACK_BAD_ELF' })
  })
})
