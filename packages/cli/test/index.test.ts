import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import * as cli from '../src/index.ts'

it("the README's example makes an archive", async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  const [, code = ''] = /```ts\n([\s\S]*?)```/.exec(readme) ?? []
  const directory = await mkdtemp(join(tmpdir(), 'ct-readme-'))
  try {
    const path = join(directory, 'shell.tar')
    const modules = { '@ct/cli': cli, 'node:fs': await import('node:fs'), 'node:stream/promises': await import('node:stream/promises') }
    const body = code.replace(/^import (\{.*\}) from (.*)$/gm, 'const $1 = modules[$2]').replace("'shell.tar'", 'path')
    await new Function('modules', 'path', `return (async () => {\n${body}\n})()`)(modules, path)
    const archive = await readFile(path)
    expect(archive.includes('manifest.json')).toBe(true)
    expect(archive.includes('"RepoTags":["shell:latest"]')).toBe(true)
  } finally {
    await rm(directory, { recursive: true })
  }
})
