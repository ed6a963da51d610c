import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { output } from '../src/command.ts'
import { Ct } from '../src/ct.ts'
import { type Misbehaviour, startHostileRegistry } from '../src/hostile-registry.ts'
import { havePeers } from '../src/peers.ts'
import { Stage } from '../src/stage.ts'

const REGISTRIES: readonly (readonly [Misbehaviour, RegExp])[] = [
  ['corrupt layer', /has the content of sha256:/],
  ['truncated layer', /ends too early/],
  ['layer that is no tar', /diffID|diff ID|tar|gzip|header/i],
  ['unknown media type', /media type "application\/x-riddle"/],
  ['401', /wants a user name and a password/],
  ['404', /404 Not Found/],
  ['429', /429 Too Many Requests/],
  ['500', /500 Internal Server Error/],
  ['hangs up', /the connection broke/],
  ['another architecture', /is for linux\/s390x, not for linux\//],
]

describe.skipIf(!havePeers('mount'))('bad input', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await Stage.withTools('bad')
  })
  afterAll(() => stage[Symbol.asyncDispose]())

  const stillServes = async (): Promise<void> => {
    expect(await stage.ct.output(['run', '--rm', '--network', 'none', 'tools', 'echo', 'fine'])).toBe('fine\n')
  }
  const leftovers = async (): Promise<readonly string[]> =>
    (await readdir(join(stage.directory, 'root'), { recursive: true })).filter((path) =>
      /(^|[./-])(tmp|temp|ingest|partial)[./-]/.test(path),
    )

  it.each(REGISTRIES)('from a registry: %s', async (misbehaviour, expected) => {
    await using registry = await startHostileRegistry(misbehaviour)
    const before = (await stage.ct.output(['images', '-q'])).split('\n').length
    const { exitCode, stderr, stdout } = await stage.ct.run(['pull', `${registry.host}/bad/image:1`])
    expect(exitCode).toBe(1)
    expect(stderr + stdout).toMatch(expected)
    expect((await stage.ct.output(['images', '-q'])).split('\n')).toHaveLength(before)
    expect(await leftovers()).toEqual([])
    await stillServes()
  })

  it.each([
    ['a user that the image does not have', ['-u', 'nobody-here', 'tools', 'true'], 125, /nobody-here/],
    [
      'a mount whose source is missing',
      ['--mount', 'type=bind,source=/no/such/place,target=/x', 'tools', 'true'],
      125,
      /\/no\/such\/place/,
    ],
    ['a mount target that is not absolute', ['-v', '/etc:relative', 'tools', 'true'], 125, /relative/],
    ['an image that is nowhere', ['--pull', 'never', 'missing:1', 'true'], 125, /missing:1/],
    ['a reference that is none', ['UPPER//case', 'true'], 125, /reference/i],
    ['a flag that is none', ['--no-such-flag', 'tools'], 125, /no-such-flag/],
    ['a limit that is too small', ['-m', '1k', 'tools', 'true'], 125, /memory/i],
    ['a command that is missing', ['tools', '/no/such/program'], 127, /\/no\/such\/program/],
  ])('on run: %s', async (_what, args, exitCode, expected) => {
    const said = await stage.ct.run(['run', '--rm', '--network', 'none', ...args])
    expect(said.exitCode).toBe(exitCode)
    expect(said.stderr).toMatch(expected)
    expect(await stage.ct.output(['ps', '-aq'])).toBe('')
    await stillServes()
  })

  it('on create: a name in use', async () => {
    await stage.ct.output(['create', '--name', 'taken', 'tools'])
    const { exitCode, stderr } = await stage.ct.run(['create', '--name', 'taken', 'tools'])
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/Conflict.*"\/taken" is already in use/)
    await stage.ct.output(['rm', 'taken'])
  })

  it('on load: an archive that is none', async () => {
    await writeFile(`${stage.directory}/garbage.tar`, Buffer.alloc(4096, 'x'))
    const { exitCode, stderr } = await stage.ct.run(['load', '-i', `${stage.directory}/garbage.tar`])
    expect(exitCode).toBe(1)
    expect(stderr).not.toMatch(/at .*\.js:\d+/)
    await stillServes()
  })

  it("an unreadable record is reported, kept, and in nobody else's way", async () => {
    const id = (await stage.ct.output(['create', '--name', 'damaged', 'tools'])).trim()
    await stage.ct.daemon.kill('SIGTERM')
    const record = join(stage.directory, 'root/containers', id, 'record.json')
    await writeFile(record, '{"version":1,"id":')
    await stage.ct.restartDaemon()
    expect(await stage.ct.output(['info'])).toContain(id.slice(0, 12))
    await stillServes()
    await output(['rm', '-rf', join(stage.directory, 'root/containers', id)])
  })

  it('a full disk', async () => {
    const directory = `${stage.directory}/small`
    await mkdir(`${directory}/root`, { recursive: true })
    await output(['mount', '-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', `${directory}/root`])
    await using ct = await Ct.start(directory)
    await stage.ct.output(['save', '-o', `${stage.directory}/tools.tar`, 'tools'])
    const { exitCode, stderr } = await ct.run(['load', '-i', `${stage.directory}/tools.tar`])
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/no space left|disk is full/i)
    expect(await ct.output(['images', '-q'])).toBe('')
    expect(await ct.output(['version'])).toContain('Server')
  })
})
