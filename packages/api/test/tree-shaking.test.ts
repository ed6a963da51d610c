import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'tsup'
import { describe, expect, it } from 'vitest'

const source = fileURLToPath(new URL('../src/index.ts', import.meta.url))

describe('a bundle of the client', () => {
  it('has no server and no handlers in it', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'ct-api-bundle-'))
    try {
      const entry = join(directory, 'entry.ts')
      writeFileSync(
        entry,
        `import { createClient, systemVersion } from ${JSON.stringify(source)}\nconsole.log(createClient, systemVersion)\n`,
      )
      await build({ entry: [entry], outDir: join(directory, 'out'), format: 'esm', noExternal: [/^@ct\//], config: false, silent: true })
      const text = readFileSync(join(directory, 'out/entry.js'), 'utf8')
      expect(text).toContain('/_ping')
      expect(text).not.toMatch(/createServer|Handler|\/containers\//)
      expect(text.length).toBeLessThan(16_000)
    } finally {
      rmSync(directory, { recursive: true })
    }
  })
})
