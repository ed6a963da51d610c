import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseFlags } from '../../src/parser/parse-flags.ts'

const flags = {
  interactive: { type: 'boolean', short: 'i', summary: '' },
  tty: { type: 'boolean', short: 't', summary: '' },
  detach: { type: 'boolean', short: 'd', summary: '' },
  name: { type: 'string', short: 'n', aliases: ['nom'], summary: '' },
  publish: { type: 'list', short: 'p', summary: '' },
  'no-trunc': { type: 'boolean', summary: '' },
} as const

describe('parseFlags', () => {
  it.each([
    [['-itd', 'x'], { interactive: true, tty: true, detach: true }, ['x']],
    [['-it', '-n', 'a', 'x'], { interactive: true, tty: true, name: 'a' }, ['x']],
    [['-itna'], { interactive: true, tty: true, name: 'a' }, []],
    [['-n=a'], { name: 'a' }, []],
    [['--name=a=b'], { name: 'a=b' }, []],
    [['--name', '--tty'], { name: '--tty' }, []],
    [['--nom', 'a'], { name: 'a' }, []],
    [['--name', 'a', '--name', 'b'], { name: 'b' }, []],
    [['-p80:80', '-p', '81:81', '--publish=82:82'], { publish: ['80:80', '81:81', '82:82'] }, []],
    [['--tty=false', '-i=0'], { tty: false, interactive: false }, []],
    [['--no-trunc'], { 'no-trunc': true }, []],
    [['x', '-t', '-'], { tty: true }, ['x', '-']],
    [['--', '-t'], {}, ['-t']],
    [['x', '--', '-t'], {}, ['x', '-t']],
    [['--name', ''], { name: '' }, []],
  ])('reads %j', (argv, values, args) => {
    expect(parseFlags(argv, { flags })).toEqual({ flags: { publish: [], ...values }, args })
  })

  it('leaves everything after the first positional argument to the container', () => {
    const { flags: values, args } = parseFlags(['-t', 'image', 'sh', '-i', '--', '-c'], { flags, stopsAtPositional: true })
    expect(values).toEqual({ tty: true, publish: [] })
    expect(args).toEqual(['image', 'sh', '-i', '--', '-c'])
  })

  it.each([
    [['--nme', 'x'], 'CLI_UNKNOWN_FLAG', 'unknown flag: --nme', 'did you mean --name?'],
    [['--zzzzzzzz'], 'CLI_UNKNOWN_FLAG', 'unknown flag: --zzzzzzzz', undefined],
    [['-itx'], 'CLI_UNKNOWN_FLAG', "unknown shorthand flag: 'x' in -itx", undefined],
    [['--name'], 'CLI_BAD_FLAG', 'flag needs an argument: --name', undefined],
    [['-tn'], 'CLI_BAD_FLAG', 'flag needs an argument: -n', undefined],
    [['--tty=perhaps'], 'CLI_BAD_FLAG', 'invalid argument "perhaps" for "--tty" flag: true or false', undefined],
  ])('refuses %j with exit status 125', (argv, code, message, hint) => {
    expect(() => parseFlags(argv, { flags })).toThrow(expect.objectContaining({ code, message, hint, exitCode: 125 }))
  })

  it('keeps any words as they are behind --', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (words) => {
        expect(parseFlags(['--', ...words], { flags }).args).toEqual(words)
      }),
    )
  })

  it('gives back any value that a flag was given', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, two) => {
        expect(parseFlags([`--name=${one}`, '--publish', two], { flags }).flags).toEqual({ name: one, publish: [two] })
      }),
    )
  })
})
