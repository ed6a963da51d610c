import { describe, expect, it } from 'vitest'
import { commandHelp, flagLines, listHelp } from '../../src/parser/help.ts'

const flags = {
  name: { type: 'string', short: 'n', summary: 'Its name' },
  label: { type: 'list', summary: 'A label' },
  all: { type: 'boolean', short: 'a', summary: 'Everything' },
  secret: { type: 'boolean', summary: 'Nobody knows', hidden: true },
} as const

const entry = { name: 'make', summary: 'Make a thing', aliases: ['thing make'], load: () => Promise.reject(new Error('not loaded')) }
const command = { usage: '[OPTIONS] THING', flags, args: { min: 1, max: 1 }, examples: ['ct make x'], run: async () => 0 }

describe('help', () => {
  it('lists flags in order and in columns, without hidden ones', () => {
    expect(flagLines(flags)).toEqual([
      '  -a, --all           Everything',
      '      --label list    A label',
      '  -n, --name string   Its name',
    ])
  })

  it('has usage, summary, aliases, options and examples of a command', () => {
    expect(commandHelp(entry, command)).toBe(`Usage:  ct make [OPTIONS] THING

Make a thing

Aliases:
  ct make, ct thing make

Options:
  -a, --all           Everything
      --label list    A label
  -n, --name string   Its name

Examples:
  ct make x
`)
  })

  it('lists commands, all or those of a group', () => {
    expect(listHelp([entry])).toContain('\nCommands:\n  make  Make a thing\n\nOptions:\n')
    expect(listHelp([entry], 'thing')).toBe(
      "Usage:  ct [OPTIONS] thing COMMAND\n\nCommands:\n  make  Make a thing\n\nRun 'ct thing COMMAND --help' for more about a command.\n",
    )
  })
})
