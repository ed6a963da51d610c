import { describe, expect, it } from 'vitest'
import { parseCgroupLayout } from '../../src/cgroups/layout.ts'

const line = (mountPoint: string, type: string, options: string) =>
  `40 31 0:37 / ${mountPoint} rw,relatime shared:9 - ${type} ${type} rw,${options}\n`
const none = () => ''

describe('parseCgroupLayout', () => {
  it('finds one hierarchy per controller, also when they are mounted twice or together', () => {
    const text =
      line('/sys/fs/cgroup/memory', 'cgroup', 'memory') +
      line('/sys/fs/cgroup/cpu,cpuacct', 'cgroup', 'cpu,cpuacct') +
      line('/other/memory', 'cgroup', 'memory') +
      line('/sys/fs/cgroup/systemd', 'cgroup', 'name=systemd')
    expect(parseCgroupLayout(text, none)).toEqual({
      version: 1,
      hierarchies: [
        { mountPoint: '/sys/fs/cgroup/memory', controllers: ['memory'] },
        { mountPoint: '/sys/fs/cgroup/cpu,cpuacct', controllers: ['cpu', 'cpuacct'] },
      ],
    })
  })

  it('takes the hybrid layout for version 1', () => {
    const text = line('/sys/fs/cgroup/unified', 'cgroup2', 'nsdelegate') + line('/sys/fs/cgroup/pids', 'cgroup', 'pids')
    expect(parseCgroupLayout(text, none)).toMatchObject({ version: 1, hierarchies: [{ controllers: ['pids'] }] })
  })

  it('reads the controllers of a version 2 tree, whose path may have escapes', () => {
    const text = line('/sys/fs/my\\040cgroup', 'cgroup2', 'nsdelegate')
    expect(parseCgroupLayout(text, (mountPoint) => `cpuset cpu io memory hugetlb pids ${mountPoint}\n`)).toEqual({
      version: 2,
      hierarchies: [{ mountPoint: '/sys/fs/my cgroup', controllers: ['cpuset', 'cpu', 'io', 'memory', 'pids'] }],
    })
  })

  it('finds nothing where nothing is mounted', () => {
    expect(parseCgroupLayout('22 27 0:21 / /proc rw - proc proc rw\n', none)).toEqual({ version: 1, hierarchies: [] })
  })
})
