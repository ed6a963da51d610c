import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ct } from './recorder.ts'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { readonly version: string }
const NOBODY = ['-H', 'unix:///no/such/ct.sock']

describe('ct', () => {
  it.each([[['--version']], [['-v']]])('%j prints the version', async (argv) => {
    expect(await ct(argv)).toEqual({ exitCode: 0, stdout: `ct version ${version}\n`, stderr: '' })
  })

  it.each([
    [[], /^Usage: {2}ct \[OPTIONS\] COMMAND/],
    [['--help'], /Commands:\n {2}run /],
    [['help'], /-H, --host address/],
    [['help', 'run'], /^Usage: {2}ct run \[OPTIONS\] IMAGE/],
    [['run', '--help'], /-p, --publish list/],
    [['volume'], /^Usage: {2}ct \[OPTIONS\] volume COMMAND/],
    [['volume', '--help'], /volume prune/],
    [['help', 'volume', 'ls'], /^Usage: {2}ct volume ls/],
    [['container', 'ls', '--help'], /^Usage: {2}ct ps/],
  ])('%j prints help and succeeds', async (argv, expected) => {
    const { exitCode, stdout, stderr } = await ct(argv)
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toMatch(expected)
  })

  it.each([
    [['runn'], 1, "ct: 'runn' is not a ct command\n  did you mean 'ct run'?\n"],
    [['volume', 'lst'], 1, "ct: 'volume lst' is not a ct command\n  did you mean 'ct volume ls'?\n"],
    [['xyzzyxyzzy'], 1, "ct: 'xyzzyxyzzy' is not a ct command\n  see 'ct --help'\n"],
    [['--hots', 'x', 'ps'], 125, 'ct: unknown flag: --hots\n  did you mean --host?\n'],
    [['ps', '--al'], 125, 'ct: unknown flag: --al\n  did you mean --all?\n'],
    [['ps', 'x'], 1, `ct: "ct ps" takes no arguments: ct ps [OPTIONS]\n  see 'ct ps --help'\n`],
    [['rename', 'x'], 1, `ct: "ct rename" takes exactly 2 arguments: ct rename CONTAINER NEW_NAME\n  see 'ct rename --help'\n`],
    [['rm'], 1, `ct: "ct rm" takes at least 1 argument: ct rm [OPTIONS] CONTAINER [CONTAINER...]\n  see 'ct rm --help'\n`],
    [
      ['-H', 'carrier pigeon', 'ps'],
      125,
      'ct: carrier pigeon is not the address of a daemon\n  write unix:///path/of/socket or tcp://host:port\n',
    ],
    [[...NOBODY, 'run', '-p', 'x', 'i'], 125, 'ct: invalid argument "x" for "--publish" flag: invalid port specification: "x"\n'],
    [[...NOBODY, 'inspect', '-f', '{{', 'x'], 64, "ct: template parsing error in '{{': unclosed action\n"],
  ])('%j says what is wrong', async (argv, exitCode, stderr) => {
    expect(await ct(argv)).toEqual({ exitCode, stdout: '', stderr })
  })

  it.each([
    ['runn', 'CLI_UNKNOWN_COMMAND'],
    ['ps x', 'CLI_BAD_ARGUMENTS'],
  ])('gives %s its code', async (line, code) => {
    expect((await ct(['-D', ...line.split(' ')])).stderr).toContain(code)
  })

  it.each([
    ['ps', 1],
    ['run image', 125],
    ['rm one two', 1],
  ])('says once that nobody answers, on %s', async (line, exitCode) => {
    const outcome = await ct([...NOBODY, ...line.split(' ')])
    expect(outcome).toMatchObject({ exitCode, stdout: '' })
    expect(outcome.stderr).toMatch(/^ct: cannot connect to the daemon at unix:\/\/\/no\/such\/ct.sock.*\n {2}is the daemon running\?\n$/)
  })

  it('takes the address from CT_HOST, and the flag before it', async () => {
    expect((await ct(['ps'], { env: { CT_HOST: 'unix:///from/env' } })).stderr).toContain('/from/env')
    expect((await ct([...NOBODY, 'ps'], { env: { CT_HOST: 'unix:///from/env' } })).stderr).toContain('/no/such/ct.sock')
  })

  it('shows code, cause and stack of an error only when asked', async () => {
    const { stderr } = await ct(['-D', ...NOBODY, 'ps'])
    expect(stderr).toMatch(/API_UNREACHABLE \(unavailable\)\n.*at /s)
    expect(stderr).toMatch(/cause: .*ENOENT/)
  })

  it('tells a bug from a mistake: a stack, and exit status 70', async () => {
    const stdout = {
      write(): never {
        throw new TypeError('broken on purpose')
      },
      once: () => undefined,
    }
    const { exitCode, stderr } = await ct(['--version'], { stdout })
    expect(exitCode).toBe(70)
    expect(stderr).toMatch(/^ct: this is a bug in ct .*\nTypeError: broken on purpose\n +at /)
  })

  it('refuses a terminal for a stdin that is none', async () => {
    expect(await ct(['-D', ...NOBODY, 'run', '-it', 'image'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^ct: the input device is not a TTY\nCLI_NO_TTY \(invalid\)/),
    })
  })
})
