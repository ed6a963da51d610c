import type { ContainerRecord } from '@ct/engine'

const DIGEST = `sha256:${'a'.repeat(64)}` as ContainerRecord['imageId']

/** A running container on the bridge with a published port. */
export const RECORD: ContainerRecord = {
  version: 1,
  id: 'c'.repeat(64),
  name: 'web',
  createdAt: '2024-05-06T07:08:09.123456789Z',
  image: 'debian:12',
  imageId: DIGEST,
  chainId: DIGEST,
  spec: {
    image: 'debian:12',
    entrypoint: ['sh', '-c'],
    command: ['echo hi there', 'x'],
    env: ['PATH=/bin'],
    workingDirectory: '/srv',
    user: 'app',
    labels: { tier: 'web' },
    hostname: 'cccccccccccc',
    domainName: '',
    tty: false,
    openStdin: true,
    stdinOnce: true,
    stopSignal: 'SIGTERM',
    stopTimeoutSeconds: 3,
    shmSizeBytes: 67_108_864,
    network: {
      mode: 'bridge',
      exposedPorts: ['80/tcp', '53/udp'],
      ports: [{ protocol: 'tcp', containerPort: 80, hostIp: '127.0.0.1' }],
      aliases: ['w'],
    },
    resources: { memoryBytes: 64 << 20, pidsLimit: 50 },
    security: { capAdd: ['NET_ADMIN'] },
    namespaces: {},
    restartPolicy: { name: 'on-failure', maximumRetryCount: 3 },
    autoRemove: false,
    log: { driver: 'json-file' },
    imageVolumes: ['/data'],
  },
  state: {
    status: 'running',
    pid: 4711,
    exitCode: 0,
    oomKilled: false,
    error: '',
    startedAt: '2024-05-06T07:08:10Z',
    finishedAt: '0001-01-01T00:00:00Z',
  },
  restartCount: 1,
  manuallyStopped: false,
  mounts: [
    { type: 'volume', name: 'v', source: '/var/lib/ct/volumes/v/data', target: '/data', readOnly: false, propagation: '', anonymous: true },
    { type: 'bind', source: '/etc', target: '/host', readOnly: true, propagation: 'rprivate', anonymous: false },
  ],
  network: {
    mode: 'bridge',
    endpointId: 'e'.repeat(64),
    ipAddress: '172.30.0.2',
    prefixLength: 16,
    gateway: '172.30.0.1',
    macAddress: '02:42:ac:1e:00:02',
    ports: [{ protocol: 'tcp', containerPort: 80, hostIp: '127.0.0.1', hostPort: 49153 }],
  },
  logPath: '/var/lib/ct/containers/c/log',
  hostsPath: '/var/lib/ct/containers/c/hosts',
  hostnamePath: '/var/lib/ct/containers/c/hostname',
  resolvConfPath: '/var/lib/ct/containers/c/resolv.conf',
}

/** The same with another state. */
export function withState(state: Partial<ContainerRecord['state']>): ContainerRecord {
  return { ...RECORD, state: { ...RECORD.state, ...state } }
}
