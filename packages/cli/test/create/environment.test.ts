import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readEnvironment } from '../../src/create/environment.ts'

describe('readEnvironment', () => {
  let directory: string
  let file: string
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ct-env-'))
    file = join(directory, 'env')
    await writeFile(file, '# comment\n\nA=from file\n  B=indented\nHOME\nUNSET\nC=x=y # kept\r\n')
  })
  afterAll(() => rm(directory, { recursive: true }))

  it('takes files first, then words, and passes on what has only a name', async () => {
    const entries = await readEnvironment(['D=1', 'HOME', 'GONE', 'E='], [file], { HOME: '/root' })
    expect(entries).toEqual(['A=from file', 'B=indented', 'HOME=/root', 'C=x=y # kept', 'D=1', 'HOME=/root', 'GONE', 'E='])
  })

  it('refuses a file that is missing, and a name with spaces', async () => {
    await expect(readEnvironment([], ['/no/such/file'], {})).rejects.toMatchObject({ code: 'CLI_BAD_FLAG', exitCode: 125 })
    await writeFile(join(directory, 'bad'), 'A B=1\n')
    await expect(readEnvironment([], [join(directory, 'bad')], {})).rejects.toMatchObject({ code: 'CLI_BAD_FLAG' })
    await expect(readEnvironment(['=x'], [], {})).rejects.toMatchObject({ code: 'CLI_BAD_FLAG' })
  })
})
