import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { SystemdManager } from '@ct/systemd'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { detectCgroupLayout } from '../../src/cgroups/layout.ts'
import type { LinuxResources } from '../../src/index.ts'
import { TestRuntime } from '../test-runtime.ts'
import { SLICE, withScope } from './scope-spec.ts'

const MIB = 1024 * 1024
const layout = detectCgroupLayout()

describe.runIf(layout.version === 1)('a container in a scope of systemd, on version 1', () => {
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

  const pathOf = (unit: string) => `/ct.slice/${SLICE}/${unit}`
  const directoriesOf = (unit: string) => {
    const mountPoints = [...layout.hierarchies.map(({ mountPoint }) => mountPoint), ...(layout.tracking ?? [])]
    return mountPoints.map((mountPoint) => mountPoint + pathOf(unit)).filter((directory) => existsSync(directory))
  }
  const file = (unit: string, controller: string, name: string) =>
    readFileSync(`/sys/fs/cgroup/${controller}${pathOf(unit)}/${name}`, 'utf8').trim()
  const devices = (unit: string) => file(unit, 'devices', 'devices.list').split('\n').sort()
  const sleeper = (name: string, resources?: LinuxResources) => ({
    spec: box.spec({ args: ['sleep', '60'] }, withScope(name, resources)),
    rootfs: box.root.rootfs,
  })
  const isGone = async (unit: string) => {
    const missing = expect.objectContaining({ code: 'SYSTEMD_REFUSED', kind: 'not-found' })
    await expect(manager.scopeProperty(unit, 'Slice')).rejects.toThrow(missing)
    expect(directoriesOf(unit)).toEqual([])
  }

  it('is in the same path of every hierarchy, also of those by which systemd knows its processes', async () => {
    const unit = 'ct-placed.scope'
    const { pid } = await box.runtime.run('placed', sleeper('placed', { cpu: { cpus: '0' } }))
    const places = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n')
    const isIn = (name: string) => places.find((line) => line.split(':')[1]?.split(',').includes(name))?.split(':')[2]
    const tracking = layout.tracking?.map((mountPoint) => (mountPoint.endsWith('unified') ? '' : 'name=systemd')) ?? []
    const names = ['memory', 'cpu', 'cpuacct', 'cpuset', 'pids', 'devices', 'freezer', 'blkio', ...tracking]
    expect(names.map((name) => [name, isIn(name)])).toEqual(names.map((name) => [name, pathOf(unit)]))
    expect(tracking).toContain('name=systemd')
    const supervisor = await box.runtime.exec('placed', { args: ['sleep', '60'], cwd: '/', user: { uid: 0, gid: 0 } })
    const second = readFileSync(`/proc/${supervisor.pid}/cgroup`, 'utf8').trim().split('\n')
    expect(second).toEqual(places)
    expect(await manager.scopeProperty(unit, 'ActiveState', 'Unit')).toBe('active')
    await box.runtime.delete('placed', { force: true })
    await isGone(unit)
  })

  it('has its limits as properties and as files, and keeps those of an update', async () => {
    const unit = 'ct-limited.scope'
    const resources = { memory: { limit: 64 * MIB }, pids: { limit: 10 }, cpu: { shares: 512, quota: 50_000, period: 100_000, cpus: '0' } }
    await box.runtime.run('limited', sleeper('limited', resources))
    const properties = (...names: string[]) => Promise.all(names.map((name) => manager.scopeProperty(unit, name)))
    const files = () => [file(unit, 'memory', 'memory.limit_in_bytes'), file(unit, 'pids', 'pids.max'), file(unit, 'cpu', 'cpu.shares')]
    expect(await properties('Slice', 'Delegate', 'MemoryLimit', 'TasksMax', 'CPUShares', 'CPUQuotaPerSecUSec')).toEqual([
      SLICE,
      true,
      BigInt(64 * MIB),
      10n,
      512n,
      500_000n,
    ])
    expect([...files(), file(unit, 'cpu', 'cpu.cfs_quota_us'), file(unit, 'cpuset', 'cpuset.cpus')]).toEqual([
      String(64 * MIB),
      '10',
      '512',
      '50000',
      '0',
    ])
    await box.runtime.update('limited', { memory: { limit: 32 * MIB }, pids: { limit: 20 }, cpu: { shares: 256 } })
    execFileSync('systemctl', ['daemon-reload'])
    expect(await properties('MemoryLimit', 'TasksMax', 'CPUShares')).toEqual([BigInt(32 * MIB), 20n, 256n])
    expect(files()).toEqual([String(32 * MIB), '20', '256'])
    await box.runtime.delete('limited', { force: true })
    await isGone(unit)
  })

  it('may use no more devices after systemd has looked after its units, and the same after an update', async () => {
    const unit = 'ct-devices.scope'
    const rules = [{ allow: false }, { allow: true, type: 'c', major: 10, minor: 200, access: 'rw' }] as const
    await box.runtime.run('devices', sleeper('devices', { devices: rules }))
    const before = devices(unit)
    expect(before).toContain('c 10:200 rw')
    expect(before).not.toContain('a *:* rwm')
    expect(await manager.scopeProperty(unit, 'DevicePolicy')).toBe('strict')
    expect(await manager.scopeProperty(unit, 'DeviceAllow')).toContainEqual(['/dev/char/10:200', 'rw'])
    execFileSync('systemctl', ['daemon-reload'])
    await manager.setProperties(unit, [['TasksMax', 't', 50n]])
    expect(devices(unit)).toEqual(before)
    await box.runtime.update('devices', { pids: { limit: 20 } })
    expect(devices(unit)).toEqual(before)
    await box.runtime.update('devices', { devices: [{ allow: false }] })
    await box.runtime.update('devices', { pids: { limit: 30 } })
    expect(devices(unit)).toEqual(before.filter((line) => line !== 'c 10:200 rw'))
    expect((await box.runtime.state('devices')).status).toBe('running')
    await box.runtime.delete('devices', { force: true })
    await isGone(unit)
  })

  it('stays paused when its limits change', async () => {
    await box.runtime.run('paused', sleeper('paused'))
    await box.runtime.pause('paused')
    await box.runtime.update('paused', { pids: { limit: 20 } })
    expect((await box.runtime.state('paused')).status).toBe('paused')
    await box.runtime.delete('paused', { force: true })
    await isGone('ct-paused.scope')
  })

  it('may be limited to one task, and is gone when that has ended or its program is not there', async () => {
    expect(await box.finish(box.spec({ args: ['true'] }, withScope('single', { pids: { limit: 1 } })))).toMatchObject({ exitCode: 0 })
    await isGone('ct-single.scope')
    const missing = expect.objectContaining({ code: 'RUNTIME_EXEC_NOT_FOUND' })
    await expect(box.finish(box.spec({ args: ['none'] }, withScope('missing')))).rejects.toThrow(missing)
    await isGone('ct-missing.scope')
  })
})
