import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../src/commands/index.ts'
import { ct } from './recorder.ts'

interface Docs {
  commandsPage(help: (argv: readonly string[]) => Promise<string>): Promise<string>
}

const page = readFileSync(new URL('../COMMANDS.md', import.meta.url), 'utf8')

describe('COMMANDS.md', () => {
  it('is what scripts/docs.mjs writes', async () => {
    const { commandsPage } = (await import(new URL('../scripts/docs.mjs', import.meta.url).href)) as Docs
    expect(page).toBe(await commandsPage(async (argv) => (await ct(argv)).stdout))
  })

  it('has every command', () => {
    expect(Array.from(page.matchAll(/^## ct (.*)$/gm), ([, name]) => name)).toEqual(COMMANDS.map(({ name }) => name))
  })
})
