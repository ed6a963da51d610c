import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { COMMANDS } from '../../src/commands/commands.ts'
import { main } from '../../src/commands/main.ts'
import { parseFlags } from '../../src/commands/parse-flags.ts'
import { validateSpec } from '../../src/index.ts'

const directory = mkdtempSync(join(tmpdir(), 'ct-runc-'))
afterAll(() => rmSync(directory, { recursive: true }))

async function run(...argv: string[]) {
  const out: string[] = []
  const error: string[] = []
  const output = { print: (text: string) => void out.push(text), printError: (text: string) => void error.push(text) }
  const status = await main(['--root', join(directory, 'state'), ...argv], output)
  return { status, out: out.join(''), error: error.join('') }
}

describe('parseFlags', () => {
  const kinds = { bundle: false, force: true }
  it('reads flags up to the first other word', () => {
    expect(parseFlags(['--bundle', 'x', '--force', 'id', '--bundle'], kinds)).toMatchObject({
      flags: { bundle: 'x', force: 'true' },
      rest: ['id', '--bundle'],
    })
    expect(parseFlags(['-b=y', '--', '-f'], kinds, { b: 'bundle' })).toMatchObject({ flags: { bundle: 'y' }, rest: ['-f'] })
    expect(parseFlags(['--bundle=1', '--bundle', '2'], kinds).values).toEqual({ bundle: ['1', '2'] })
  })

  it('refuses unknown flags and missing values', () => {
    expect(() => parseFlags(['--no'], kinds)).toThrow('flag provided but not defined: -no')
    expect(() => parseFlags(['--bundle'], kinds)).toThrow('flag needs an argument: -bundle')
  })
})

describe('ct-runc', () => {
  it('lists its commands', async () => {
    const { status, out } = await run('--help')
    expect(status).toBe(0)
    for (const { name } of COMMANDS) expect(out).toContain(`   ${name}`)
  })

  it('writes a spec that is valid, once', async () => {
    expect(await run('spec', '--bundle', directory)).toEqual({ status: 0, out: '', error: '' })
    expect(validateSpec(JSON.parse(readFileSync(join(directory, 'config.json'), 'utf8'))).process?.args).toEqual(['sh'])
    expect(await run('spec', '--bundle', directory)).toMatchObject({ status: 1, error: expect.stringContaining('Remove it first') })
  })

  it('writes a spec for a user without privileges', async () => {
    const bundle = mkdtempSync(join(directory, 'rootless-'))
    expect(await run('spec', '--rootless', '--bundle', bundle)).toMatchObject({ status: 0 })
    const { linux, mounts } = validateSpec(JSON.parse(readFileSync(join(bundle, 'config.json'), 'utf8')))
    expect(linux?.uidMappings).toEqual([{ containerID: 0, hostID: process.getuid?.(), size: 1 }])
    expect(linux?.namespaces?.map(({ type }) => type).sort()).toEqual(['cgroup', 'ipc', 'mount', 'pid', 'user', 'uts'])
    expect(JSON.stringify(mounts)).not.toContain('gid=')
  })

  it('says what it can do', async () => {
    expect(JSON.parse((await run('features')).out)).toMatchObject({ ociVersionMax: '1.2.1', linux: { seccomp: { enabled: true } } })
  })

  it('lists nothing where there is nothing', async () => {
    expect((await run('list')).out).toMatch(/^ID +PID +STATUS +BUNDLE +CREATED +OWNER +\n$/)
    expect((await run('list', '--format', 'json')).out).toBe('[]\n')
  })

  it('refuses a form of the log that it does not know', async () => {
    expect(await run('--log-format', 'xml', 'list')).toMatchObject({
      status: 1,
      error: expect.stringContaining('invalid log-format "xml"'),
    })
  })

  const failures: [argv: string[], message: string][] = [
    [['state', 'none'], 'container none does not exist'],
    [['state'], 'container id cannot be empty'],
    [['fly'], 'no such command: fly'],
    [['list', '--fast'], 'flag provided but not defined: -fast'],
    [['run', '--bundle', '/none', 'x'], '/none/config.json cannot be read: ENOENT'],
    [['--systemd-cgroup', 'state', 'none'], 'container none does not exist'],
    [['list', '--format', 'xml'], 'invalid format "xml"'],
    [['update', '--memory', 'much', 'x'], 'invalid value "much" for --memory'],
    [['update', '--cpu-quota', '1.5', 'x'], 'invalid value "1.5" for --cpu-quota'],
    [['update', '--l3-cache-schema', 'L3:0=f', 'x'], '--l3-cache-schema is not supported'],
    [['events', '--interval', '5', 'x'], 'invalid value "5" for --interval'],
  ]
  it.each(failures)('%j fails with a reason, also in the log', async (argv, message) => {
    const log = join(directory, 'log')
    const { status, error } = await run('--log', log, '--log-format', 'json', ...argv)
    expect(status).toBe(1)
    expect(error).toContain(message)
    expect(JSON.parse(readFileSync(log, 'utf8').trim().split('\n').at(-1) ?? '')).toMatchObject({
      level: 'error',
      msg: expect.stringContaining(message),
    })
  })
})
