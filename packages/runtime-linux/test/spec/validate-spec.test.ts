import { describe, expect, it } from 'vitest'
import { defaultSpec, type Spec, validateSpec } from '../../src/index.ts'

const good = defaultSpec({ args: ['sh'], hostname: 'box' })

/** A copy with one value at a dotted path replaced. */
function withValue(path: string, value: unknown): unknown {
  const copy = structuredClone(good) as unknown
  const keys = path.split('.')
  const last = keys.pop() ?? ''
  const parent = keys.reduce<Record<string, unknown>>((at, key) => at[key] as Record<string, unknown>, copy as Record<string, unknown>)
  parent[last] = value
  return copy
}

describe('validateSpec', () => {
  it('takes the default spec as it is, and ignores properties it does not know', () => {
    expect(validateSpec(good)).toBe(good)
    expect(validateSpec({ ...good, 'x-vendor': { any: 1 }, process: { ...good.process, commandLine: 'x' } })).toBeDefined()
  })

  it('takes null for what is optional, as engines write it', () => {
    const resources = { memory: { limit: null }, cpu: { shares: 0 }, pids: { limit: -1 }, blockIO: { weight: 0, weightDevice: [] } }
    expect(validateSpec(withValue('linux.resources', resources))).toBeDefined()
  })

  const rows: [path: string, value: unknown, message: string][] = [
    ['ociVersion', '2.0.0', 'ociVersion: must be a version 1.x.y, not "2.0.0"'],
    ['ociVersion', undefined, 'ociVersion: must be a string'],
    ['process.args', [], 'process.args: must be a list that begins with a program'],
    ['process.args', ['a', 1], 'process.args[1]: must be a string, not 1'],
    ['process.args', ['a\0b'], 'process.args[0]: must be a string, not "a\\u0000b"'],
    ['process.cwd', 'tmp', 'process.cwd: must be an absolute path, not "tmp"'],
    ['process.env', ['NOVALUE'], 'process.env[0]: must be NAME=value, not "NOVALUE"'],
    ['process.user', { uid: -1, gid: 0 }, 'process.user.uid: must be a whole number from 0 to 4294967294, not -1'],
    ['process.user', { uid: 0 }, 'process.user.gid: must be a whole number from 0 to 4294967294'],
    ['process.user', { uid: 4294967295, gid: 0 }, 'process.user.uid: must be a whole number from 0 to 4294967294, not 4294967295'],
    ['process.user', { uid: 0, gid: 0, additionalGids: [4294967295] }, 'process.user.additionalGids[0]: must be a whole number'],
    ['process.oomScoreAdj', 2000, 'process.oomScoreAdj: must be a whole number from -1000 to 1000, not 2000'],
    ['process.rlimits', [{ type: 'RLIMIT_X', soft: 1, hard: 1 }], 'process.rlimits[0].type: must be one of'],
    ['process.rlimits', [{ type: 'RLIMIT_CPU', soft: 2, hard: 1 }], 'process.rlimits[0].soft: must be at most the hard limit, not 2'],
    ['process.terminal', 'yes', 'process.terminal: must be true or false, not "yes"'],
    ['mounts', [{ destination: '' }], 'mounts[0].destination: must be a non-empty string'],
    ['mounts', {}, 'mounts: must be an array, not a value of type object'],
    ['hooks', { prestart: [{ path: 'true' }] }, 'hooks.prestart[0].path: must be an absolute path, not "true"'],
    ['hooks', { poststop: [{ path: '/t', timeout: 0 }] }, 'hooks.poststop[0].timeout: must be a whole number from 1 to 2147483, not 0'],
    ['annotations', { a: 1 }, 'annotations["a"]: must be a string, not 1'],
    ['linux.namespaces', [{ type: 'pid' }], 'linux.namespaces: must be a list with a mount namespace'],
    ['linux.namespaces', [{ type: 'mount' }, { type: 'mount' }], 'linux.namespaces[1].type: must be listed once, not "mount"'],
    ['linux.namespaces', [{ type: 'mount' }], 'hostname: must be left out when there is no uts namespace'],
    ['linux.namespaces', [{ type: 'disk' }], 'linux.namespaces[0].type: must be one of pid, network'],
    ['linux.uidMappings', [{ containerID: 0, hostID: 0, size: 1 }], 'linux.uidMappings: must be left out when there is no user namespace'],
    ['linux.sysctl', { 'kernel.panic': '1' }, 'linux.sysctl["kernel.panic"]: must be a setting of a namespace of the container'],
    ['linux.sysctl', { 'net..x': '1' }, 'linux.sysctl["net..x"]: must be named with dots between its parts'],
    ['linux.timeOffsets', { boottime: { secs: 1 } }, 'linux.timeOffsets: must be left out when there is no time namespace'],
    ['process.scheduler', { policy: 'SCHED_X' }, 'process.scheduler.policy: must be one of SCHED_OTHER'],
    ['process.ioPriority', { class: 'IOPRIO_CLASS_BE', priority: 8 }, 'process.ioPriority.priority: must be a whole number from 0 to 7'],
    ['process.execCPUAffinity', { initial: '0-x' }, 'process.execCPUAffinity.initial: must be a list of numbers'],
    ['linux.netDevices', { 'a/b': {} }, 'linux.netDevices: must be a name of a network interface'],
    ['linux.netDevices', { eth9: { name: 'a b' } }, 'linux.netDevices["eth9"].name: must be a name of a network interface'],
    ['linux.memoryPolicy', { mode: 'MPOL_NONE' }, 'linux.memoryPolicy.mode: must be one of MPOL_DEFAULT'],
    ['linux.memoryPolicy', { mode: 'MPOL_BIND', nodes: '5000' }, 'linux.memoryPolicy.nodes: must be a list of numbers up to 4095'],
    ['linux.memoryPolicy', { mode: 'MPOL_BIND', flags: ['X'] }, 'linux.memoryPolicy.flags[0]: must be one of MPOL_F_STATIC_NODES'],
    [
      'linux.seccomp',
      { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['mkdir'], action: 'SCMP_ACT_NOTIFY' }] },
      'linux.seccomp.listenerPath: must be there for SCMP_ACT_NOTIFY',
    ],
    ['linux.rootfsPropagation', 'open', 'linux.rootfsPropagation: must be one of'],
    ['linux.maskedPaths', ['proc'], 'linux.maskedPaths[0]: must be an absolute path, not "proc"'],
    ['linux.cgroupsPath', 'system.slice:ct:a box', 'linux.cgroupsPath: "ct-a box.scope" is not the name of a scope'],
    ['linux.cgroupsPath', 'a--b.slice::box', 'linux.cgroupsPath: "a--b.slice" is not the name of a slice'],
    ['linux.cgroupsPath', '/a/../b', 'linux.cgroupsPath: must be a path without .., not "/a/../b"'],
    ['linux.seccomp', { defaultAction: 'SCMP_ACT_PANIC' }, 'linux.seccomp.defaultAction: must be one of'],
    [
      'linux.seccomp',
      { defaultAction: 'SCMP_ACT_LOG', architectures: ['SCMP_ARCH_PDP11'] },
      'linux.seccomp.architectures[0]: must be one of',
    ],
    ['linux.resources', { memory: { limit: 2, swap: 1 } }, 'linux.resources.memory.swap: must be at least the memory limit, not 1'],
    [
      'linux.resources',
      { devices: [{ allow: true, access: 'x' }] },
      'linux.resources.devices[0].access: must be some of r, w and m, not "x"',
    ],
    [
      'linux.resources',
      { hugepageLimits: [{ pageSize: '../x', limit: 1 }] },
      'linux.resources.hugepageLimits[0].pageSize: must be a size such as 2MB',
    ],
    ['linux.resources', { rdma: { 'a b': {} } }, 'linux.resources.rdma["a b"]: must be a name without white space'],
    [
      'linux.resources',
      { network: { priorities: [{ name: '', priority: 1 }] } },
      'linux.resources.network.priorities[0].name: must be a non-empty string',
    ],
    ['linux.resources', { unified: { '../x': '1' } }, 'linux.resources.unified["../x"]: must be named as a file of cgroup v2'],
  ]
  it.each(rows)('refuses %s = %j', (path, value, message) => {
    const error = catchError(() => validateSpec(withValue(path, value)))
    expect(error).toMatchObject({ code: 'RUNTIME_BAD_SPEC', kind: 'invalid' })
    expect(error?.message).toContain(message)
  })

  it.each(['text', null, 3, []])('refuses %j as a whole', (value) => {
    expect(() => validateSpec(value)).toThrow('config: must be an object')
  })

  const unsupported: [path: string, value: unknown][] = [['linux.intelRdt', { closID: 'x' }]]
  it.each(unsupported)('says that %s is not supported', (path, value) => {
    expect(catchError(() => validateSpec(withValue(path, value)))).toMatchObject({
      code: 'RUNTIME_UNSUPPORTED',
      message: expect.stringContaining(path),
    })
  })
})

describe('defaultSpec', () => {
  it('has the options it was given', () => {
    const spec: Spec = defaultSpec({
      args: ['node', 'x.js'],
      env: ['A=1'],
      cwd: '/app',
      user: { uid: 7, gid: 8 },
      capabilities: ['CAP_CHOWN'],
      readonlyRoot: true,
      shmSizeBytes: 4096,
      terminal: true,
    })
    expect(spec.process).toMatchObject({ args: ['node', 'x.js'], env: ['A=1'], cwd: '/app', user: { uid: 7, gid: 8 }, terminal: true })
    expect(spec.process?.capabilities).toEqual({
      bounding: ['CAP_CHOWN'],
      effective: ['CAP_CHOWN'],
      permitted: ['CAP_CHOWN'],
      inheritable: [],
      ambient: [],
    })
    expect(spec.root?.readonly).toBe(true)
    expect(spec.mounts?.find(({ destination }) => destination === '/dev/shm')?.options).toContain('size=4096')
  })
})

function catchError(action: () => unknown): Error | undefined {
  try {
    action()
    return undefined
  } catch (error) {
    return error as Error
  }
}
