import type { Operation } from '@ct/native'
import { describe, expect, it } from 'vitest'
import type { Cgroup } from '../../src/cgroups/cgroup.ts'
import { defaultSpec, type Process, type Spec } from '../../src/index.ts'
import type { SecurityModules } from '../../src/plan/labels.ts'
import { planRun } from '../../src/plan/run-plan.ts'

const cgroup: Cgroup = {
  path: '/ct/x',
  layout: { version: 1, hierarchies: [] },
  hierarchies: [
    { directory: '/sys/fs/cgroup/memory/ct/x', controllers: ['memory'] },
    { directory: '/sys/fs/cgroup/cpu,cpuacct/ct/x', controllers: ['cpu', 'cpuacct'] },
    { directory: '/sys/fs/cgroup/devices/ct/x', controllers: ['devices'] },
  ],
}

function plan(
  change: Partial<Spec> = {},
  { hold = true, group = cgroup, mayMakeNodes = true, modules = { selinux: false } as SecurityModules } = {},
) {
  const spec = { ...defaultSpec({ args: ['true'], hostname: 'box' }), ...change }
  return planRun({
    spec,
    rootfs: '/r',
    bundle: '/b',
    mounts: [],
    cgroup: group,
    filter: { program: new Uint8Array(8), flags: 0 },
    supervisor: { stdio: 'pipes' },
    modules,
    hold,
    mayMakeNodes,
  })
}

function names(operations: readonly Operation[]): string[] {
  return operations.map(({ op }) => op)
}

function withProcess(change: Partial<Process>): Partial<Spec> {
  const { process } = defaultSpec({ args: ['true'] })
  return process === undefined ? {} : { process: { ...process, ...change } }
}

describe('planRun', () => {
  it('installs the filter before privileges go, because it needs them', () => {
    const order = names(plan().operations)
    expect(order.slice(-6)).toEqual(['cwd', 'seccomp', 'user', 'capabilities', 'hold', 'exec'])
  })

  it('installs the filter last with no_new_privs, after the wait for the start', () => {
    const order = names(plan(withProcess({ noNewPrivileges: true })).operations)
    expect(order.slice(-7)).toEqual(['cwd', 'no-new-privileges', 'user', 'capabilities', 'hold', 'seccomp', 'exec'])
  })

  it('labels the process before it has any mount, and new mounts by their context', () => {
    const modules: SecurityModules = { apparmor: 'apparmor/exec', selinux: true }
    const labeled = { ...defaultSpec({ args: ['true'] }).linux, mountLabel: 'a:b:c' }
    const { operations } = plan({ ...withProcess({ apparmorProfile: 'strict', selinuxLabel: 'x:y:z' }), linux: labeled }, { modules })
    expect(names(operations).slice(0, 4)).toEqual(['oom-score', 'label', 'label', 'root'])
    const labels = operations.flatMap((operation) =>
      operation.op === 'mount' && operation.data.includes('context=a:b:c') ? operation.target : [],
    )
    expect(labels).toEqual(['/dev', '/dev/pts', '/dev/shm'])
  })

  it('does not wait when the container is run in one go', () => {
    expect(names(plan({}, { hold: false }).operations)).not.toContain('hold')
  })

  it('makes the root first, enters it after mounts and devices, and cuts down /proc after its settings are written', () => {
    const spec = defaultSpec({ args: ['true'], hostname: 'box', readonlyRoot: true })
    const order = names(plan({ ...spec, linux: { ...spec.linux, sysctl: { 'net.ipv4.conf.eth0/1.forwarding': '1' } } }).operations)
    const first = (op: string) => order.indexOf(op)
    expect(order.slice(0, 3)).toEqual(['oom-score', 'root', 'mount'])
    expect(order.lastIndexOf('device')).toBeLessThan(first('enter-root'))
    expect(first('enter-root')).toBeLessThan(first('hostname'))
    expect(first('sysctl')).toBeLessThan(first('readonly'))
    expect(order.lastIndexOf('mask')).toBeLessThan(order.lastIndexOf('attributes'))
  })

  it('writes sysctl names as paths, dots in slashes and slashes in dots', () => {
    const { linux } = defaultSpec({ args: ['true'] })
    const sysctl = { 'net.ipv4.conf.eth0/1.forwarding': '1', 'net/ipv4/conf/eth0.1/mtu': '2' }
    const paths = plan({ linux: { ...linux, sysctl } }).operations.flatMap((operation) =>
      operation.op === 'sysctl' ? [operation.path] : [],
    )
    expect(paths).toEqual(['net/ipv4/conf/eth0.1/forwarding', 'net/ipv4/conf/eth0.1/mtu'])
  })

  it("shows the container's own cgroups, merged controllers by links", () => {
    const shown = plan().operations.filter((operation) => 'target' in operation && operation.target.startsWith('/sys/fs/cgroup/'))
    expect(shown.map((operation) => [operation.op, 'target' in operation ? operation.target.slice(15) : ''])).toEqual([
      ['bind', 'memory'],
      ['bind', 'cpu,cpuacct'],
      ['symlink', 'cpu'],
      ['symlink', 'cpuacct'],
      ['bind', 'devices'],
    ])
  })

  it('lets new processes enter version 1 by tasks, version 2 by cgroup.procs', () => {
    expect(plan().cgroupProcs[0]).toBe('/sys/fs/cgroup/memory/ct/x/tasks')
    const unified: Cgroup = {
      path: '/ct/x',
      layout: { version: 2, hierarchies: [] },
      hierarchies: [{ directory: '/sys/fs/cgroup/ct/x', controllers: ['memory'] }],
    }
    expect(plan({}, { group: unified }).cgroupProcs).toEqual(['/sys/fs/cgroup/ct/x/cgroup.procs'])
    const tracked: Cgroup = { ...cgroup, tracking: ['/sys/fs/cgroup/none/ct/x'] }
    expect(plan({}, { group: tracked }).cgroupProcs.at(-1)).toBe('/sys/fs/cgroup/none/ct/x/cgroup.procs')
  })

  it('withholds CAP_MKNOD where no controller keeps the container from devices', () => {
    const bounding = (group: Cgroup, change: Partial<Spec> = {}) =>
      plan(change, { group }).operations.flatMap((operation) => (operation.op === 'capabilities' ? operation.sets.bounding : []))
    const without: Cgroup = { ...cgroup, hierarchies: [] }
    expect(bounding(cgroup)).toContain(27)
    expect(bounding(without)).not.toContain(27)
    const { linux } = defaultSpec({ args: ['true'] })
    expect(bounding(without, { linux: { ...linux, resources: { devices: [{ allow: true, access: 'rwm' }] } } })).toContain(27)
  })

  it('skips capabilities that nobody knows', () => {
    const sets = plan(withProcess({ capabilities: { bounding: ['CAP_CHOWN', 'CAP_FLY'] } })).operations.find(
      ({ op }) => op === 'capabilities',
    )
    expect(sets).toMatchObject({ sets: { bounding: [0], effective: [] } })
  })

  it('binds devices in a user namespace, and leaves a bound /dev alone', () => {
    const { linux, mounts = [] } = defaultSpec({ args: ['true'] })
    const user = { ...linux, namespaces: [...(linux?.namespaces ?? []), { type: 'user' as const }] }
    const bound = plan({ linux: user, hostname: undefined }).operations
    expect(names(bound)).not.toContain('device')
    expect(bound).toContainEqual(expect.objectContaining({ op: 'bind', source: '/dev/null', target: '/dev/null' }))
    expect(names(plan({}, { mayMakeNodes: false }).operations)).not.toContain('device')
    const other = mounts.map((mount) =>
      mount.destination === '/dev' ? { destination: '/dev', type: 'bind', source: '/dev', options: ['rbind'] } : mount,
    )
    expect(names(plan({ mounts: other }).operations)).not.toContain('device')
    const over = [...mounts, { destination: '/dev/', type: 'bind', source: '/dev', options: ['rbind'] }]
    expect(names(plan({ mounts: over }).operations)).not.toContain('device')
  })

  it('makes a read-only /dev read-only only when its nodes are there', () => {
    const { mounts = [] } = defaultSpec({ args: ['true'] })
    const readonly = mounts.map((mount) => (mount.destination === '/dev' ? { ...mount, options: ['ro', 'mode=755'] } : mount))
    const { operations } = plan({ mounts: readonly })
    const enter = names(operations).indexOf('enter-root')
    expect(operations[enter + 1]).toEqual({ op: 'attributes', target: '/dev', attributes: { set: ['rdonly'] } })
  })

  const propagations: [word: NonNullable<Spec['linux']>['rootfsPropagation'], outer: string, inner: object | undefined][] = [
    [undefined, 'slave', undefined],
    ['rprivate', 'private', undefined],
    ['rslave', 'slave', undefined],
    ['shared', 'slave', { propagation: 'shared', recursive: false }],
    ['runbindable', 'slave', { propagation: 'unbindable', recursive: true }],
  ]
  it.each(propagations)('root propagation %s', (rootfsPropagation, outer, inner) => {
    const { linux } = defaultSpec({ args: ['true'] })
    const { operations } = plan({ linux: { ...linux, rootfsPropagation } })
    expect(operations.find(({ op }) => op === 'root')).toMatchObject({ propagation: outer })
    const set = operations.find((operation) => operation.op === 'attributes' && operation.attributes.propagation !== undefined)
    if (inner === undefined) expect(set).toBeUndefined()
    else expect(set).toMatchObject({ target: '/', attributes: inner })
  })

  it('without a process only holds', () => {
    expect(plan({ process: undefined }).operations.slice(-2)).toEqual([{ op: 'reap' }, { op: 'hold' }])
  })
})
