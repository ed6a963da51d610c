import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { createCgroup, directoryOf, entryFiles, openCgroup, removeCgroup } from '../../src/cgroups/cgroup.ts'
import { detectCgroupLayout } from '../../src/cgroups/layout.ts'
import { demandedControllers, type Limit, writeLimits } from '../../src/cgroups/limits.ts'
import { limitsV1 } from '../../src/cgroups/limits-v1.ts'
import { limitsV2 } from '../../src/cgroups/limits-v2.ts'
import { readStats } from '../../src/cgroups/read-stats.ts'
import type { LinuxResources } from '../../src/index.ts'

const layout = detectCgroupLayout()
const parent = `/ct-test-controllers-${process.pid}`
const path = `${parent}/box`
const disk = readdirSync('/sys/block').find((name) => /^(vd|sd|nvme|loop)/.test(name))
const [major = 0, minor = 0] = disk === undefined ? [] : readFileSync(`/sys/block/${disk}/dev`, 'utf8').split(':').map(Number)
const mebibyte = 1024 * 1024

afterEach(async () => {
  for (const below of [path, parent]) await removeCgroup(openCgroup(layout, below))
})

/** What the kernel says of a limit that it was given; undefined where the machine lacks the file. */
function present({ controller, file, otherwise }: Limit): string | undefined {
  const directory = directoryOf(openCgroup(layout, path), controller)
  const found = [file, otherwise?.file].find((name) => name !== undefined && existsSync(`${directory}/${name}`))
  return found === undefined ? undefined : readFileSync(`${directory}/${found}`, 'utf8').trim()
}

function limitsOf(resources: LinuxResources): Limit[] {
  return layout.version === 1 ? limitsV1(resources) : limitsV2(resources)
}

/** Resources, and what the kernel then says in the last file that they are written to. */
const rows: [name: string, resources: LinuxResources, v1: RegExp | undefined, v2: RegExp | undefined][] = [
  ['memory', { memory: { limit: 64 * mebibyte } }, /^67108864$/, /^67108864$/],
  ['a reservation', { memory: { reservation: 32 * mebibyte } }, /^33554432$/, /^33554432$/],
  ['swappiness', { memory: { swappiness: 7 } }, /^7$/, undefined],
  ['no OOM killer', { memory: { disableOOMKiller: true } }, /^oom_kill_disable 1$/m, undefined],
  ['shares', { cpu: { shares: 2048 } }, /^2048$/, /^79$/],
  ['a quota', { cpu: { quota: 20_000, period: 50_000 } }, /^20000$/, /^20000 50000$/],
  ['a burst', { cpu: { quota: 20_000, period: 50_000, burst: 5_000 } }, /^5000$/, /^5000$/],
  ['idleness', { cpu: { idle: 1 } }, /^1$/, /^1$/],
  ['processors', { cpu: { cpus: '0', mems: '0' } }, /^0$/, /^0$/],
  ['tasks', { pids: { limit: 33 } }, /^33$/, /^33$/],
  ['a rate of reading', { blockIO: { throttleReadBpsDevice: [{ major, minor, rate: 1e6 }] } }, / 1000000$/, / rbps=1000000 wbps=max/],
  ['a rate of writes', { blockIO: { throttleWriteIOPSDevice: [{ major, minor, rate: 50 }] } }, / 50$/, / wiops=50$/],
  ['huge pages', { hugepageLimits: [{ pageSize: '2MB', limit: 4 * mebibyte }] }, /^4194304$/, /^4194304$/],
  ['a class of packets', { network: { classID: 0x100001 } }, /^1048577$/, undefined],
  ['a priority of packets', { network: { priorities: [{ name: 'lo', priority: 5 }] } }, /^lo 5$/m, undefined],
  ['a file of version 2', { unified: { 'memory.high': '8388608' } }, undefined, /^8388608$/],
  ['two files of one controller', { unified: { 'pids.max': '9', 'cgroup.max.depth': '3' } }, undefined, /^3$/],
]

const known = new Set([...layout.hierarchies.flatMap(({ controllers }) => controllers), 'cgroup'])
/** The rows that this kernel can tell about: those of the other version are run by `scripts/v2-vm.mjs`. */
const here = rows.flatMap(([name, resources, v1, v2]) => {
  const expected = layout.version === 1 ? v1 : v2
  if (expected === undefined || limitsOf(resources).some(({ controller }) => !known.has(controller))) return []
  return [{ name, resources, expected }]
})

describe(`limits of version ${layout.version} in the kernel`, () => {
  it.each(here)('$name', ({ resources, expected }) => {
    const cgroup = createCgroup(layout, path, { demanded: demandedControllers(layout, resources) })
    writeLimits(cgroup, resources)
    expect(present(limitsOf(resources).at(-1) as Limit)).toMatch(expected)
  })

  it('a cgroup that has processes tells what they use', async () => {
    const cgroup = createCgroup(layout, path)
    const child = spawn('sh', ['-c', 'while :; do :; done'])
    for (const file of entryFiles(cgroup)) writeFileSync(file, String(child.pid))
    await expect.poll(() => readStats(cgroup).cpu.usageNs).toBeGreaterThan(0)
    const { pids, memory } = readStats(cgroup)
    if (directoryOf(cgroup, 'pids') !== undefined) expect(pids).toEqual({ current: 1, limit: undefined })
    expect(memory.oomKills).toBe(0)
    child.kill('SIGKILL')
  })

  it.runIf(known.has(layout.version === 1 ? 'blkio' : 'io'))('a device that is not there has no rate', () => {
    const resources = { blockIO: { throttleReadBpsDevice: [{ major: 4000, minor: 1, rate: 5 }] } }
    const cgroup = createCgroup(layout, path)
    expect(() => writeLimits(cgroup, resources)).toThrow(expect.objectContaining({ code: 'RUNTIME_CGROUP_FAILED' }))
  })
})
