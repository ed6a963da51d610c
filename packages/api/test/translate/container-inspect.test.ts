import { describe, expect, it } from 'vitest'
import { containerInspectOf } from '../../src/translate/container-inspect.ts'
import { keepHostConfig } from '../../src/translate/kept-host-config.ts'
import { RECORD, withState } from './container-record.ts'

const facts = {
  networkId: 'n'.repeat(64),
  execIds: [],
  storageDriver: 'overlay',
  directories: { upper: '/upper', lowers: ['/top', '/bottom'] },
}

describe('an inspected container', () => {
  it('has everything where docker has it', () => {
    expect(containerInspectOf(RECORD, facts)).toMatchObject({
      Id: RECORD.id,
      Name: '/web',
      Created: '2024-05-06T07:08:09.123456789Z',
      Path: 'sh',
      Args: ['-c', 'echo hi there', 'x'],
      State: { Status: 'running', Running: true, Paused: false, Pid: 4711, FinishedAt: '0001-01-01T00:00:00Z' },
      Image: RECORD.imageId,
      ExecIDs: null,
      Config: {
        Hostname: 'cccccccccccc',
        User: 'app',
        ExposedPorts: { '80/tcp': {}, '53/udp': {} },
        OpenStdin: true,
        StdinOnce: true,
        Cmd: ['echo hi there', 'x'],
        Entrypoint: ['sh', '-c'],
        Image: 'debian:12',
        Volumes: { '/data': {} },
        Labels: { tier: 'web' },
        StopTimeout: 3,
      },
      HostConfig: {
        Memory: 64 << 20,
        PidsLimit: 50,
        CapAdd: ['NET_ADMIN'],
        CapDrop: null,
        NetworkMode: 'bridge',
        PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] },
        RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 },
        LogConfig: { Type: 'json-file', Config: {} },
        ShmSize: 67_108_864,
      },
      Mounts: [
        { Type: 'volume', Name: 'v', Destination: '/data', Driver: 'local', Mode: '', RW: true, Propagation: '' },
        { Type: 'bind', Source: '/etc', Destination: '/host', Mode: 'ro', RW: false, Propagation: 'rprivate' },
      ],
      NetworkSettings: {
        Ports: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '49153' }], '53/udp': null },
        IPAddress: '172.30.0.2',
        Networks: { bridge: { NetworkID: facts.networkId, Gateway: '172.30.0.1', IPPrefixLen: 16, Aliases: ['w'] } },
      },
    })
  })

  it.each([
    ['paused', { Running: true, Paused: true, Restarting: false, Dead: false }],
    ['restarting', { Running: true, Paused: false, Restarting: true, Dead: false }],
    ['exited', { Running: false, Paused: false, Restarting: false, Dead: false }],
    ['dead', { Running: false, Paused: false, Restarting: false, Dead: true }],
  ] as const)('that is %s says so', (status, state) => {
    expect(containerInspectOf(withState({ status }), facts).State).toMatchObject({ Status: status, ...state })
  })

  it('that does not run publishes nothing', () => {
    expect(containerInspectOf(withState({ status: 'exited', pid: 0 }), facts).NetworkSettings.Ports).toEqual({})
  })

  it("remembers in which of docker's words its mounts were asked for", () => {
    const annotations = keepHostConfig({ Binds: ['/etc:/host:ro'], Annotations: { a: 'b' }, Memory: 5 })
    const record = { ...RECORD, spec: { ...RECORD.spec, annotations } }
    expect(containerInspectOf(record, facts).HostConfig).toMatchObject({
      Binds: ['/etc:/host:ro'],
      Annotations: { a: 'b' },
      Memory: 64 << 20,
    })
  })

  it('that shares the network of another has none of its own', () => {
    const record = { ...RECORD, network: { ...RECORD.network, mode: 'container:x' } }
    expect(containerInspectOf(record, facts).NetworkSettings.Networks).toEqual({})
  })
})
