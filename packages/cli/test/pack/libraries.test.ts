import { execFileSync } from 'node:child_process'
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LibraryFinder } from '../../src/pack/libraries.ts'
import { parseLoaderCache, readLoaderCache } from '../../src/pack/loader-cache.ts'

/** The libraries that the loader itself would open, by its own account. */
async function ldd(path: string): Promise<string[]> {
  const text = execFileSync('ldd', [path], { encoding: 'utf8' })
  const paths = Array.from(text.matchAll(/(?:=> |^\t)(\/\S+) \(/gm), ([, library]) => library ?? '')
  return (await Promise.all(paths.map((library) => realpath(library)))).sort()
}

async function real(paths: readonly string[]): Promise<string[]> {
  return (await Promise.all(paths.map((path) => realpath(path)))).sort()
}

describe('LibraryFinder', () => {
  let directory: string
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ct-libraries-'))
  })
  afterAll(() => rm(directory, { recursive: true }))

  it.each(['/bin/sh', '/bin/ls', '/bin/bash', '/usr/bin/perl', '/usr/bin/python3', '/usr/bin/git', process.execPath])(
    'finds for %s what ldd finds',
    async (path) => {
      const { libraries, interpreter } = await (await LibraryFinder.open()).requirements(path)
      expect(await real(libraries)).toEqual(await ldd(path))
      expect(interpreter).toMatch(/ld-/)
    },
  )

  it('goes on when a library is not where the cache says', async () => {
    const names = [...(await readLoaderCache())].map(([name, paths]) => [name, ['/no/such/library', ...paths]] as const)
    const { libraries } = await new LibraryFinder(new Map(names)).requirements('/bin/true')
    expect(await real(libraries)).toEqual(await ldd('/bin/true'))
  })

  it('says which library is missing, and who wants it', async () => {
    await expect(new LibraryFinder(new Map()).requirements('/bin/ls')).rejects.toMatchObject({
      code: 'CLI_PACK_NOT_FOUND',
      message: expect.stringMatching(/^\/bin\/ls needs lib\S+, which is not on this machine$/),
    })
  })

  it.each([
    ['#!/bin/sh -e\necho\n', '/bin/sh', '-e'],
    ['#! /usr/bin/env node', '/usr/bin/env', 'node'],
    ['plain text', undefined, undefined],
  ])('takes the interpreter of %j', async (text, interpreter, interpreterArgument) => {
    const path = join(directory, 'script')
    await writeFile(path, text)
    expect(await (await LibraryFinder.open()).requirements(path)).toEqual({ interpreter, interpreterArgument, libraries: [] })
  })

  it('takes a cache that is cut off or unknown for what is left of it', () => {
    expect(parseLoaderCache(Buffer.from('something else')).size).toBe(0)
    expect(parseLoaderCache(Buffer.concat([Buffer.from('glibc-ld.so.cache1.1'), Buffer.alloc(28, 0xff)])).size).toBe(0)
  })
})
