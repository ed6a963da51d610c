import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { cgroupBelow, cgroupPids, createCgroup, directoryOf, entryFiles, openCgroup, removeCgroup } from '../../src/cgroups/cgroup.ts'
import { type CgroupLayout, detectCgroupLayout } from '../../src/cgroups/layout.ts'
import { writeLimits } from '../../src/cgroups/limits.ts'
import { readStats } from '../../src/cgroups/read-stats.ts'
import { signalCgroup } from '../../src/cgroups/signal-cgroup.ts'
import { updateCgroup } from '../../src/cgroups/update-cgroup.ts'

const layout = detectCgroupLayout()
const parent = `/ct-test-cgroup-${process.pid}`
const path = `${parent}/a/b`

afterEach(async () => {
  for (const below of [path, `${parent}/a`, parent]) await removeCgroup(openCgroup(layout, below))
})

describe('a cgroup', () => {
  it('is made with its parents, holds processes, and is removed with what was made below it', async () => {
    const cgroup = createCgroup(layout, path)
    const child = spawn('sleep', ['100'])
    for (const file of entryFiles(cgroup)) writeFileSync(file, String(child.pid))
    expect(cgroupPids(cgroup)).toEqual([child.pid])
    for (const { directory } of cgroup.hierarchies) mkdirSync(`${directory}/below/more`, { recursive: true })
    const removed = removeCgroup(openCgroup(layout, path))
    child.kill('SIGKILL')
    await removed
    expect(openCgroup(layout, path).hierarchies).toEqual([])
  })

  it('replaces an empty one, and leaves one with processes alone', () => {
    createCgroup(layout, path)
    const cgroup = createCgroup(layout, path)
    const directory = directoryOf(cgroup, 'pids') ?? ''
    mkdirSync(`${directory}/busy`)
    expect(() => createCgroup(layout, path)).toThrow(expect.objectContaining({ code: 'RUNTIME_CGROUP_FAILED' }))
    expect(existsSync(`${directory}/busy`)).toBe(true)
    rmdirSync(`${directory}/busy`)
  })

  it.skipIf(layout.version === 2)('has a cpuset only when asked for, which then has processors', () => {
    expect(directoryOf(createCgroup(layout, path), 'cpuset')).toBeUndefined()
    const cgroup = createCgroup(layout, path, { demanded: ['cpuset'] })
    const file = `${directoryOf(cgroup, 'cpuset')}/tasks`
    expect(() => writeFileSync(file, String(process.pid))).not.toThrow()
    writeFileSync('/sys/fs/cgroup/cpuset/tasks', String(process.pid))
  })

  it('leaves nothing behind where it cannot be made whole', () => {
    const mountPoint = mkdtempSync(join(tmpdir(), 'ct-cgroup-'))
    const broken: CgroupLayout = { version: 1, hierarchies: [{ mountPoint, controllers: ['cpuset'] }] }
    expect(() => createCgroup(broken, '/x', { demanded: ['cpuset'] })).toThrow(expect.objectContaining({ code: 'RUNTIME_CGROUP_FAILED' }))
    expect(readdirSync(mountPoint)).toEqual([])
    rmdirSync(mountPoint)
  })

  it.skipIf(layout.version === 2)('takes all processes into a cpuset that it needs later, also those that fork meanwhile', async () => {
    const cgroup = createCgroup(layout, path)
    const child = spawn('sh', ['-c', 'echo $$; while :; do sleep 0.001 & sleep 0.001; done'], { stdio: ['ignore', 'pipe', 'ignore'] })
    await once(child.stdout, 'data')
    for (const file of entryFiles(cgroup)) writeFileSync(file, String(child.pid))
    await updateCgroup(cgroup, { cpu: { cpus: '0' } })
    const cpuset = openCgroup(layout, path).hierarchies.find(({ controllers }) => controllers.includes('cpuset'))
    const inCpuset = cpuset ? readFileSync(`${cpuset.directory}/cgroup.procs`, 'utf8').split('\n').map(Number) : []
    expect(inCpuset).toContain(child.pid)
    child.kill('SIGKILL')
  })

  it('opens a cgroup below it, and nothing beside it', () => {
    const cgroup = createCgroup(layout, path)
    for (const { directory } of cgroup.hierarchies) mkdirSync(`${directory}/below`)
    expect(cgroupBelow(cgroup, '/below/')).toMatchObject({ path: `${path}/below` })
    for (const bad of ['none', '..', 'below/../../..']) {
      expect(() => cgroupBelow(cgroup, bad)).toThrow(expect.objectContaining({ code: 'RUNTIME_CGROUP_FAILED' }))
    }
  })

  it('stands still while it is signalled, so that nobody escapes by forking', async () => {
    const cgroup = createCgroup(layout, path)
    const child = spawn('sh', ['-c', 'echo $$; while :; do sleep 100 & sleep 0.001; done'], { stdio: ['ignore', 'pipe', 'ignore'] })
    await once(child.stdout, 'data')
    for (const file of entryFiles(cgroup)) writeFileSync(file, String(child.pid))
    await expect.poll(() => cgroupPids(cgroup).length).toBeGreaterThan(3)
    await signalCgroup(cgroup, 9, (pid, signal) => void process.kill(pid, signal))
    await expect.poll(() => cgroupPids(cgroup)).toEqual([])
  })

  it('does not let a limit below what is used in when asked to check', async () => {
    const cgroup = createCgroup(layout, path)
    const child = spawn('sh', ['-c', 'read go; exec dd if=/dev/zero of=/dev/null bs=8M'], { stdio: ['pipe', 'ignore', 'ignore'] })
    for (const file of entryFiles(cgroup)) writeFileSync(file, String(child.pid))
    child.stdin.end('go\n')
    await expect.poll(() => readStats(cgroup).memory.usageBytes).toBeGreaterThan(4 << 20)
    expect(() => writeLimits(cgroup, { memory: { limit: 1 << 20, checkBeforeUpdate: true } })).toThrow(/less than the \d+ bytes in use/)
    expect(child.exitCode).toBeNull()
    child.kill('SIGKILL')
  })

  it.skipIf(layout.version === 2)('takes a period and a quota in the order that the kernel wants', () => {
    const cgroup = createCgroup(layout, path)
    const read = (file: string) => readFileSync(`${directoryOf(cgroup, 'cpu')}/${file}`, 'utf8').trim()
    writeLimits(cgroup, { cpu: { quota: 500_000, period: 1_000_000 } })
    writeLimits(cgroup, { cpu: { quota: 5_000, period: 10_000, burst: 5_000 } })
    expect([read('cpu.cfs_quota_us'), read('cpu.cfs_period_us'), read('cpu.cfs_burst_us')]).toEqual(['5000', '10000', '5000'])
    writeLimits(cgroup, { memory: { limit: 1 << 26, swap: 1 << 27 } })
    writeLimits(cgroup, { memory: { limit: 1 << 28, swap: 1 << 29 } })
    expect(() => writeLimits(cgroup, { cpu: { quota: 1 } })).toThrow(expect.objectContaining({ code: 'RUNTIME_CGROUP_FAILED' }))
  })
})
