import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../../src/commands/index.ts'

const files = readdirSync(new URL('../../src/commands', import.meta.url)).filter((name) => name !== 'index.ts')

describe('the list of commands', () => {
  it('has every file of the directory, under its name', () => {
    expect(COMMANDS.map(({ name }) => `${name.replaceAll(' ', '-')}.ts`).sort()).toEqual([...files].sort())
  })

  it('has no name twice', () => {
    const names = COMMANDS.flatMap(({ name, aliases = [] }) => [name, ...aliases])
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  })

  it.each(COMMANDS.map((entry) => [entry.name, entry] as const))('%s has a sound grammar', async (_name, entry) => {
    const { flags, usage, args } = await entry.load()
    const letters = Object.values(flags).flatMap(({ short }) => short ?? [])
    expect(letters.filter((letter, index) => letters.indexOf(letter) !== index)).toEqual([])
    expect(Object.values(flags).filter(({ summary }) => summary.endsWith('.') || summary === '')).toEqual([])
    expect(usage.startsWith('[OPTIONS]')).toBe(Object.keys(flags).length > 0)
    expect(args.max).toBeGreaterThanOrEqual(args.min)
  })
})
