import { describe, expect, it } from 'vitest'
import { parseCgroupLayout } from '../../src/cgroups/layout.ts'

const line = (mountPoint: string, type: string, options: string) =>
  `40 31 0:37 / ${mountPoint} rw,relatime shared:9 - ${type} ${type} rw,${options}\n`
const probe = (controllers = '', covered: readonly string[] = []) => ({
  magicOf: (mountPoint: string) =>
    covered.includes(mountPoint) ? 0 : mountPoint.includes('unified') || mountPoint.includes(' ') ? 0x63677270 : 0x27e0eb,
  controllersOf: () => controllers,
})

describe('parseCgroupLayout', () => {
  it('finds one hierarchy per controller, also when they are mounted twice or together', () => {
    const text =
      line('/sys/fs/cgroup/memory', 'cgroup', 'memory') +
      line('/sys/fs/cgroup/cpu,cpuacct', 'cgroup', 'cpu,cpuacct') +
      line('/other/memory', 'cgroup', 'memory') +
      line('/sys/fs/cgroup/systemd', 'cgroup', 'name=systemd')
    expect(parseCgroupLayout(text, probe())).toEqual({
      version: 1,
      hierarchies: [
        { mountPoint: '/sys/fs/cgroup/memory', controllers: ['memory'] },
        { mountPoint: '/sys/fs/cgroup/cpu,cpuacct', controllers: ['cpu', 'cpuacct'] },
      ],
      tracking: ['/sys/fs/cgroup/systemd'],
    })
  })

  it('takes the hybrid layout for version 1', () => {
    const text = line('/sys/fs/cgroup/unified', 'cgroup2', 'nsdelegate') + line('/sys/fs/cgroup/pids', 'cgroup', 'pids')
    expect(parseCgroupLayout(text, probe())).toEqual({
      version: 1,
      hierarchies: [{ mountPoint: '/sys/fs/cgroup/pids', controllers: ['pids'] }],
      tracking: ['/sys/fs/cgroup/unified'],
    })
  })

  it('reads the controllers of a version 2 tree, whose path may have escapes', () => {
    const text = line('/sys/fs/my\\040cgroup', 'cgroup2', 'nsdelegate')
    expect(parseCgroupLayout(text, probe('cpuset cpu io memory hugetlb pids\n'))).toEqual({
      version: 2,
      hierarchies: [{ mountPoint: '/sys/fs/my cgroup', controllers: ['cpuset', 'cpu', 'io', 'memory', 'hugetlb', 'pids'] }],
    })
  })

  it('leaves out what another mount covers', () => {
    const text = line('/sys/fs/cgroup/pids', 'cgroup', 'pids') + line('/sys/fs/unified', 'cgroup2', 'nsdelegate')
    expect(parseCgroupLayout(text, probe('pids', ['/sys/fs/cgroup/pids']))).toMatchObject({
      version: 2,
      hierarchies: [{ controllers: ['pids'] }],
    })
  })

  it('finds nothing where nothing is mounted', () => {
    expect(parseCgroupLayout('22 27 0:21 / /proc rw - proc proc rw\n', probe())).toEqual({ version: 1, hierarchies: [] })
  })
})
