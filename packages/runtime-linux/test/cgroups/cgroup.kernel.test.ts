import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { cgroupPids, createCgroup, directoryOf, entryFiles, openCgroup, removeCgroup } from '../../src/cgroups/cgroup.ts'
import { type CgroupLayout, detectCgroupLayout } from '../../src/cgroups/layout.ts'
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

  it('has a cpuset only when asked for, which then has processors', () => {
    expect(directoryOf(createCgroup(layout, path), 'cpuset')).toBeUndefined()
    const cgroup = createCgroup(layout, path, { withCpuset: true })
    const file = `${directoryOf(cgroup, 'cpuset')}/tasks`
    expect(() => writeFileSync(file, String(process.pid))).not.toThrow()
    writeFileSync('/sys/fs/cgroup/cpuset/tasks', String(process.pid))
  })

  it('leaves nothing behind where it cannot be made whole', () => {
    const mountPoint = mkdtempSync(join(tmpdir(), 'ct-cgroup-'))
    const broken: CgroupLayout = { version: 1, hierarchies: [{ mountPoint, controllers: ['cpuset'] }] }
    expect(() => createCgroup(broken, '/x', { withCpuset: true })).toThrow(expect.objectContaining({ code: 'RUNTIME_CGROUP_FAILED' }))
    expect(readdirSync(mountPoint)).toEqual([])
    rmdirSync(mountPoint)
  })

  it('takes all processes into a cpuset that it needs later, also those that fork meanwhile', async () => {
    const cgroup = createCgroup(layout, path)
    const child = spawn('sh', ['-c', 'echo $$; while :; do sleep 0.001 & sleep 0.001; done'], { stdio: ['ignore', 'pipe', 'ignore'] })
    await once(child.stdout, 'data')
    for (const file of entryFiles(cgroup)) writeFileSync(file, String(child.pid))
    updateCgroup(cgroup, { cpu: { cpus: '0' } })
    const cpuset = openCgroup(layout, path).hierarchies.find(({ controllers }) => controllers.includes('cpuset'))
    const inCpuset = cpuset ? readFileSync(`${cpuset.directory}/cgroup.procs`, 'utf8').split('\n').map(Number) : []
    expect(inCpuset).toContain(child.pid)
    child.kill('SIGKILL')
  })
})
