import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readTar } from '@ct/layerfs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually, leftovers, TestEngine } from '../test-engine.ts'

let test: TestEngine
let host = ''
beforeAll(async () => {
  host = mkdtempSync(join(tmpdir(), 'ct-host-'))
  test = await TestEngine.start({ Volumes: { '/cache': {} } })
})
afterAll(async () => {
  const ids = test.engine.containers.list({ all: true }).map(({ id }) => id)
  await test[Symbol.asyncDispose]()
  rmSync(host, { recursive: true, force: true })
  expect(leftovers([...ids, host])).toEqual([])
})

const shell = (script: string): string[] => ['sh', '-c', script]

describe('the read/write layer', () => {
  it('is its own for each container, and the image stays as it is', async () => {
    const one = await test.run(shell('echo one > /plain; rm /data/seed; mkdir /new; echo x > /new/file; cat /plain'))
    const two = await test.run(shell('cat /plain /data/seed; echo two > /plain'))
    expect(one.stdout).toBe('one\n')
    expect(two.stdout).toBe('not executable\nfrom the image\n')
    const three = await test.run(shell('cat /plain /data/seed'))
    expect(three.stdout).toBe('not executable\nfrom the image\n')
    expect((await test.engine.containers.changes(one.id)).filter(({ path }) => path !== '/cache')).toEqual([
      { path: '/data', kind: 'modified' },
      { path: '/data/seed', kind: 'deleted' },
      { path: '/new', kind: 'added' },
      { path: '/new/file', kind: 'added' },
      { path: '/plain', kind: 'modified' },
    ])
    expect((await test.engine.containers.size(one.id)).rwBytes).toBeGreaterThan(0)
  })

  it('is exported together with the image', async () => {
    const id = await test.start(shell('echo mine > /mine; rm /plain; sleep 60'))
    await eventually(async () => (await test.exec(id, ['test', '-e', '/plain'])).exitCode === 1)
    const paths: string[] = []
    for await (const { path } of readTar(test.engine.containers.export(id))) paths.push(Buffer.from(path).toString().replace(/\/$/, ''))
    expect(paths).toEqual(expect.arrayContaining(['mine', 'bin/busybox', 'data/seed']))
    expect(paths).not.toContain('plain')
  })

  it('cannot be written to when it is read-only, but a tmpfs can', async () => {
    const { stdout, exitCode } = await test.run(shell('touch /x; touch /tmp/x && stat -f -c %T /tmp; mount | grep " /tmp "'), {
      security: { readOnlyRootfs: true },
      mounts: [{ type: 'tmpfs', target: '/tmp', sizeBytes: 1024 * 1024 }],
    })
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/^tmpfs\n.*(noexec|nosuid).*size=1024k/s)
  })
})

describe('mounts', () => {
  it('bind a directory of the host, read-only when asked', async () => {
    writeFileSync(join(host, 'given'), 'by the host\n')
    mkdirSync(join(host, 'below'))
    const { stdout, exitCode } = await test.run(shell('cat /a/given; echo back > /a/back; touch /b/x /b/below/x'), {
      mounts: [
        { type: 'bind', source: host, target: '/a' },
        { type: 'bind', source: host, target: '/b', readOnly: true },
      ],
    })
    expect({ stdout, exitCode }).toEqual({ stdout: 'by the host\n', exitCode: 1 })
    expect(readFileSync(join(host, 'back'), 'utf8')).toBe('back\n')
    expect(existsSync(join(host, 'x'))).toBe(false)
  })

  it('make a missing source where that was asked for, and refuse it otherwise', async () => {
    const made = join(host, 'made')
    await test.run(['true'], { mounts: [{ type: 'bind', source: made, target: '/a', createSource: true }] })
    expect(existsSync(made)).toBe(true)
    await expect(test.create(['true'], { mounts: [{ type: 'bind', source: join(host, 'nope'), target: '/a' }] })).rejects.toMatchObject({
      code: 'ENGINE_BAD_MOUNT',
      message: `invalid mount config for type "bind": bind source path does not exist: ${join(host, 'nope')}`,
    })
    mkdirSync(join(host, 'goes'))
    const { id } = await test.create(['true'], { mounts: [{ type: 'bind', source: join(host, 'goes'), target: '/a' }] })
    rmSync(join(host, 'goes'), { recursive: true })
    await expect(test.engine.containers.start(id)).rejects.toMatchObject({ code: 'ENGINE_BAD_MOUNT' })
  })

  it.each([
    [{ type: 'bind', source: 'relative', target: '/a' } as const],
    [{ type: 'tmpfs', target: '/' } as const],
    [{ type: 'tmpfs', target: 'relative' } as const],
  ])('refuse %j', async (mount) => {
    await expect(test.create(['true'], { mounts: [mount] })).rejects.toMatchObject({ code: 'ENGINE_BAD_MOUNT', kind: 'invalid' })
  })

  it('keep a named volume from one container to the next, first filled from the image', async () => {
    const mounts = [{ type: 'volume', source: 'store', target: '/data' } as const]
    expect((await test.run(shell('cat /data/seed; stat -c %u /data; echo more > /data/more'), { mounts })).stdout).toBe(
      'from the image\n1000\n',
    )
    const second = await test.run(shell('cat /data/more'), { mounts })
    expect(second.stdout).toBe('more\n')
    await expect(test.engine.volumes.remove('store')).rejects.toMatchObject({ code: 'ENGINE_VOLUME_IN_USE', kind: 'conflict' })
    expect(readdirSync(test.engine.volumes.get('store').mountpoint).sort()).toEqual(['more', 'seed'])
  })

  it("make an anonymous volume for the image's, which goes with the container", async () => {
    const { id } = await test.run(shell('echo x > /cache/x'))
    const [mount] = test.engine.containers.get(id).mounts
    expect(mount).toMatchObject({ type: 'volume', target: '/cache', anonymous: true })
    const copy = await test.run(shell('cat /cache/x'), { volumesFrom: [id] })
    expect(copy.stdout).toBe('x\n')
    await test.engine.containers.remove(copy.id, { volumes: true })
    expect(test.engine.volumes.find(mount?.name ?? '')).toBeDefined()
    await test.engine.containers.remove(id, { volumes: true })
    expect(test.engine.volumes.find(mount?.name ?? '')).toBeUndefined()
  })
})
