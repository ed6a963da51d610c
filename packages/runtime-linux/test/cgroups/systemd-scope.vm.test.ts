import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { SystemdManager } from '@ct/systemd'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { detectCgroupLayout } from '../../src/cgroups/layout.ts'
import type { LinuxResources } from '../../src/index.ts'
import { TestRuntime } from '../test-runtime.ts'
import { SLICE, withScope } from './scope-spec.ts'

/** As it was built: the machine with systemd has no compiler. */
const CT_RUNC = fileURLToPath(new URL('../../dist/ct-runc.js', import.meta.url))
const MIB = 1024 * 1024

describe.runIf(detectCgroupLayout().version === 2)('a container in a scope of systemd', () => {
  let box: TestRuntime
  let manager: SystemdManager

  beforeAll(async () => {
    box = new TestRuntime()
    manager = await SystemdManager.connect()
  })
  afterAll(async () => {
    manager[Symbol.dispose]()
    await box[Symbol.asyncDispose]()
    execFileSync('systemctl', ['stop', SLICE])
  })

  const directoryOf = (unit: string) => `/sys/fs/cgroup/ct.slice/${SLICE}/${unit}`
  const file = (unit: string, name: string) => readFileSync(`${directoryOf(unit)}/${name}`, 'utf8').trim()
  const sleeper = (name: string, resources?: LinuxResources) => ({
    spec: box.spec({ args: ['sleep', '60'] }, withScope(name, resources)),
    rootfs: box.root.rootfs,
  })
  const isGone = async (unit: string) => {
    const missing = expect.objectContaining({ code: 'SYSTEMD_REFUSED', kind: 'not-found' })
    await expect(manager.scopeProperty(unit, 'Slice')).rejects.toThrow(missing)
    expect(existsSync(directoryOf(unit))).toBe(false)
  }

  it('has its processes, and its limits as properties and as files', async () => {
    const unit = 'ct-limited.scope'
    const resources = { memory: { limit: 64 * MIB }, pids: { limit: 10 }, cpu: { quota: 50_000, cpus: '0' } }
    const { pid } = await box.runtime.run('limited', sleeper('limited', resources))
    expect(await manager.scopeProperty(unit, 'ActiveState', 'Unit')).toBe('active')
    expect(await Promise.all(['Slice', 'Delegate', 'MemoryMax', 'TasksMax'].map((name) => manager.scopeProperty(unit, name)))).toEqual([
      SLICE,
      true,
      BigInt(64 * MIB),
      10n,
    ])
    expect(['cgroup.procs', 'memory.max', 'pids.max', 'cpu.max', 'cpuset.cpus'].map((name) => file(unit, name))).toEqual([
      String(pid),
      String(64 * MIB),
      '10',
      '50000 100000',
      '0',
    ])
    await box.runtime.delete('limited', { force: true })
    await isGone(unit)
  })

  it('keeps new limits when systemd looks after its units again', async () => {
    const unit = 'ct-changed.scope'
    await box.runtime.run('changed', sleeper('changed', { pids: { limit: 10 } }))
    await box.runtime.update('changed', { pids: { limit: 20 }, memory: { limit: 32 * MIB } })
    execFileSync('systemctl', ['daemon-reload'])
    expect(await Promise.all(['TasksMax', 'MemoryMax'].map((name) => manager.scopeProperty(unit, name)))).toEqual([20n, BigInt(32 * MIB)])
    expect([file(unit, 'pids.max'), file(unit, 'memory.max')]).toEqual(['20', String(32 * MIB)])
    await box.runtime.delete('changed', { force: true })
    await isGone(unit)
  })

  it('may be limited to one task, and is gone when that has ended and is deleted', async () => {
    expect(await box.finish(box.spec({ args: ['true'] }, withScope('single', { pids: { limit: 1 } })))).toMatchObject({ exitCode: 0 })
    await isGone('ct-single.scope')
  })

  it('leaves nothing when its program is not there, or a limit is refused', async () => {
    const missing = expect.objectContaining({ code: 'RUNTIME_EXEC_NOT_FOUND' })
    await expect(box.finish(box.spec({ args: ['none'] }, withScope('missing')))).rejects.toThrow(missing)
    await isGone('ct-missing.scope')
    await expect(box.finish(box.spec({ args: ['true'] }, withScope('wrong', { cpu: { cpus: '900' } })))).rejects.toThrow()
    await isGone('ct-wrong.scope')
  })

  it('is what --systemd-cgroup asks for, which takes paths of no other form', async () => {
    const { directory } = box.root
    const config = box.spec({ args: ['cat', '/proc/self/cgroup'] }, (spec) => ({
      ...spec,
      linux: { ...spec.linux, namespaces: spec.linux?.namespaces?.filter(({ type }) => type !== 'cgroup') },
    }))
    writeFileSync(`${directory}/config.json`, JSON.stringify(config))
    const argv = [CT_RUNC, '--root', `${directory}/command/state`, '--systemd-cgroup', 'run', '--bundle', directory, 'told']
    const run = () => spawnSync(process.execPath, argv, { encoding: 'utf8' })
    expect(run()).toMatchObject({ status: 0, stdout: '0::/system.slice/ct-runc-told.scope\n' })
    writeFileSync(`${directory}/config.json`, JSON.stringify({ ...config, linux: { ...config.linux, cgroupsPath: '/ct/told' } }))
    expect(run()).toMatchObject({ status: 1, stderr: expect.stringContaining('linux.cgroupsPath: must be slice:prefix:name') })
  })
})
