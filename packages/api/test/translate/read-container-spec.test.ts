import { describe, expect, it } from 'vitest'
import { readContainerSpec } from '../../src/translate/read-container-spec.ts'
import type { ContainerCreateBody } from '../../src/wire/container.ts'
import type { DeviceMapping, Ulimit } from '../../src/wire/host-config.ts'

const read = (body: Partial<ContainerCreateBody>, platform?: string) => readContainerSpec({ Image: 'x', ...body }, platform)

/** What docker run 28 sends when it is given nothing but an image and a command. */
const DOCKER_RUN: ContainerCreateBody = {
  Hostname: '',
  Domainname: '',
  User: '',
  AttachStdin: false,
  AttachStdout: true,
  AttachStderr: true,
  Tty: false,
  OpenStdin: false,
  StdinOnce: false,
  Env: null,
  Cmd: ['true'],
  Image: 'busybox',
  Volumes: {},
  WorkingDir: '',
  Entrypoint: null,
  Labels: {},
  HostConfig: {
    Binds: null,
    ContainerIDFile: '',
    LogConfig: { Type: '', Config: {} },
    NetworkMode: 'default',
    PortBindings: {},
    RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
    AutoRemove: true,
    VolumeDriver: '',
    VolumesFrom: null,
    ConsoleSize: [24, 80],
    CapAdd: null,
    CapDrop: null,
    CgroupnsMode: '',
    Dns: [],
    ExtraHosts: null,
    GroupAdd: null,
    IpcMode: '',
    Links: null,
    OomScoreAdj: 0,
    PidMode: '',
    Privileged: false,
    SecurityOpt: null,
    UTSMode: '',
    UsernsMode: '',
    ShmSize: 0,
    Isolation: '',
    CpuShares: 0,
    Memory: 0,
    BlkioWeight: 0,
    BlkioWeightDevice: [],
    DeviceCgroupRules: null,
    DeviceRequests: null,
    MemorySwap: 0,
    MemorySwappiness: -1,
    OomKillDisable: false,
    PidsLimit: 0,
    Ulimits: [],
    MaskedPaths: null,
    ReadonlyPaths: null,
  },
  NetworkingConfig: { EndpointsConfig: { default: { IPAMConfig: null, Links: null, Aliases: null } } },
}

describe('a create request', () => {
  it('of docker run without options leaves everything to the image and the defaults', () => {
    const spec = JSON.parse(JSON.stringify(readContainerSpec(DOCKER_RUN)))
    delete spec.annotations
    expect(spec).toEqual({
      image: 'busybox',
      command: ['true'],
      consoleSize: { rows: 24, columns: 80 },
      labels: {},
      tty: false,
      openStdin: false,
      stdinOnce: false,
      attachStdin: false,
      attachStdout: true,
      attachStderr: true,
      mounts: [],
      network: { mode: 'bridge', ports: [], exposedPorts: [], dns: [] },
      resources: { oomKillDisable: false },
      ulimits: [],
      security: { privileged: false },
      namespaces: {},
      restartPolicy: { name: 'no', maximumRetryCount: 0 },
      autoRemove: true,
      log: { driver: 'json-file', options: {} },
    })
  })

  it.each<[string, Partial<ContainerCreateBody>, object]>([
    ['a command as one string', { Cmd: 'ls', Entrypoint: 'sh' }, { command: ['ls'], entrypoint: ['sh'] }],
    ['an entrypoint taken away', { Entrypoint: [''] }, { entrypoint: [''] }],
    ['no network', { NetworkDisabled: true, HostConfig: { NetworkMode: 'host' } }, { network: { mode: 'none' } }],
    ['another network', { HostConfig: { NetworkMode: 'container:x' } }, { network: { mode: 'container:x' } }],
    [
      'an endpoint',
      {
        MacAddress: '02:00:00:00:00:01',
        NetworkingConfig: { EndpointsConfig: { bridge: { Aliases: ['a'], IPAMConfig: { IPv4Address: '172.30.0.9' } } } },
      },
      { network: { aliases: ['a'], ipAddress: '172.30.0.9', macAddress: '02:00:00:00:00:01' } },
    ],
    [
      'ports',
      {
        ExposedPorts: { '80': {}, '53/udp': {} },
        HostConfig: { PortBindings: { '80/tcp': [{ HostPort: '8080' }, { HostIp: '::1', HostPort: '' }], '53/udp': null } },
      },
      {
        network: {
          exposedPorts: ['80/tcp', '53/udp'],
          ports: [
            { protocol: 'tcp', containerPort: 80, hostPort: 8080 },
            { protocol: 'tcp', containerPort: 80, hostIp: '::1' },
          ],
        },
      },
    ],
    [
      'limits',
      { HostConfig: { Memory: 1e8, MemorySwap: -1, NanoCpus: 5e8, PidsLimit: 10, Ulimits: [{ Name: 'nofile', Soft: 1, Hard: 2 }] } },
      {
        resources: { memoryBytes: 1e8, memorySwapBytes: -1, nanoCpus: 5e8, pidsLimit: 10 },
        ulimits: [{ name: 'nofile', soft: 1, hard: 2 }],
      },
    ],
    ['no limit of processes', { HostConfig: { PidsLimit: -1 } }, { resources: { pidsLimit: undefined } }],
    [
      'security',
      {
        HostConfig: {
          SecurityOpt: ['no-new-privileges', 'seccomp=unconfined', 'label=disable', 'apparmor=unconfined'],
          CapDrop: ['ALL'],
          ReadonlyRootfs: true,
        },
      },
      { security: { noNewPrivileges: true, seccomp: 'unconfined', capDrop: ['ALL'], readOnlyRootfs: true } },
    ],
    [
      'a seccomp profile',
      { HostConfig: { SecurityOpt: ['seccomp={"defaultAction":"SCMP_ACT_ALLOW"}'] } },
      { security: { seccomp: '{"defaultAction":"SCMP_ACT_ALLOW"}' } },
    ],
    [
      'new privileges',
      { HostConfig: { SecurityOpt: ['no-new-privileges:false', 'seccomp=builtin'] } },
      { security: { noNewPrivileges: false, seccomp: 'default' } },
    ],
    [
      'namespaces',
      { HostConfig: { PidMode: 'host', IpcMode: 'shareable', UTSMode: 'host' } },
      { namespaces: { pid: 'host', ipc: 'private', uts: 'host' } },
    ],
    [
      'devices',
      { HostConfig: { Devices: [{ PathOnHost: '/dev/kvm', PathInContainer: '', CgroupPermissions: '' }] } },
      { devices: [{ hostPath: '/dev/kvm' }] },
    ],
    ['no log', { HostConfig: { LogConfig: { Type: 'none' } } }, { log: { driver: 'none' } }],
    ['a health check taken away', { Healthcheck: { Test: ['NONE'] } }, {}],
    [
      'harmless values of what is not built',
      { HostConfig: { Runtime: 'runc', Init: false, MemorySwappiness: -1, UsernsMode: 'host' } },
      {},
    ],
  ])('with %s', (_what, body, spec) => {
    expect(read(body)).toMatchObject(spec)
  })

  it('may want another platform', () => {
    expect(read({}, 'linux/arm64').platform).toBe('linux/arm64')
    expect(read({}, '').platform).toBeUndefined()
  })

  it.each<[string, Partial<ContainerCreateBody>, string, string]>([
    ['no image', { Image: '' }, 'API_BAD_REQUEST', 'config cannot be empty'],
    [
      'a bad port',
      { HostConfig: { PortBindings: { '80/tcp': [{ HostPort: '999999' }] } } },
      'API_BAD_REQUEST',
      'invalid port specification: "999999"',
    ],
    ['a device without a path', { HostConfig: { Devices: [{} as DeviceMapping] } }, 'API_BAD_REQUEST', 'PathOnHost'],
    ['a limit without a name', { HostConfig: { Ulimits: [{} as Ulimit] } }, 'API_BAD_REQUEST', 'Name'],
    ['a bad exposed port', { ExposedPorts: { 'x/tcp': {} } }, 'API_BAD_REQUEST', 'invalid port specification: "x"'],
    ['a bad protocol', { ExposedPorts: { '80/icmp': {} } }, 'API_BAD_REQUEST', 'invalid port specification: "80/icmp"'],
    ['a bad security option', { HostConfig: { SecurityOpt: ['nonsense'] } }, 'API_BAD_REQUEST', 'invalid --security-opt: "nonsense"'],
    ['a health check', { Healthcheck: { Test: ['CMD', 'x'] } }, 'API_NOT_BUILT', 'Healthcheck is not built yet'],
    ['an init', { HostConfig: { Init: true } }, 'API_NOT_BUILT', 'HostConfig.Init is not built yet'],
    ['GPUs', { HostConfig: { DeviceRequests: [{}] } }, 'API_NOT_BUILT', 'HostConfig.DeviceRequests is not built yet'],
    ['another log driver', { HostConfig: { LogConfig: { Type: 'syslog' } } }, 'API_NOT_BUILT', 'logging driver syslog is not built yet'],
    ['two networks', { NetworkingConfig: { EndpointsConfig: { a: {}, b: {} } } }, 'API_NOT_BUILT', 'several networks'],
    ['an AppArmor profile', { HostConfig: { SecurityOpt: ['apparmor=mine'] } }, 'API_NOT_BUILT', 'apparmor=mine'],
  ])('with %s is refused', (_what, body, code, message) => {
    expect(() => read(body)).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }))
  })
})
