import type { ExecutionConfig } from '@ct/image'
import { signalNumber } from '@ct/runtime-linux'
import { EngineError, invalid } from '../errors.ts'
import type { ResolvedContainerSpec } from './container-record.ts'
import type { ContainerSpec, NetworkSpec, RestartPolicy } from './container-spec.ts'

const MIB = 1024 * 1024

/** Fills in what a spec does not say: from the image, then with docker's defaults. `ENGINE_INVALID` says what is wrong with it. */
export function resolveSpec(spec: ContainerSpec, image: ExecutionConfig, defaultHostname: string): ResolvedContainerSpec {
  const { entrypoint, command } = resolveCommand(spec, image)
  const resolved: ResolvedContainerSpec = {
    ...spec,
    entrypoint,
    command,
    env: mergeEnv(image.Env ?? [], spec.env ?? []),
    workingDirectory: spec.workingDirectory || image.WorkingDir || '',
    user: spec.user || image.User || '',
    labels: { ...image.Labels, ...spec.labels },
    hostname: spec.hostname || defaultHostname,
    domainName: spec.domainName ?? '',
    tty: spec.tty ?? false,
    openStdin: spec.openStdin ?? false,
    stdinOnce: spec.stdinOnce ?? false,
    stopSignal: spec.stopSignal || image.StopSignal || 'SIGTERM',
    shmSizeBytes: spec.shmSizeBytes || 64 * MIB,
    network: resolveNetwork(spec.network ?? {}, Object.keys(image.ExposedPorts ?? {})),
    resources: spec.resources ?? {},
    security: spec.security ?? {},
    namespaces: spec.namespaces ?? {},
    restartPolicy: resolveRestartPolicy(spec),
    autoRemove: spec.autoRemove ?? false,
    log: { ...spec.log, driver: spec.log?.driver ?? 'json-file' },
    imageVolumes: Object.keys(image.Volumes ?? {}),
  }
  checkSpec(resolved)
  return resolved
}

/** Environment variables, each name once: a later one replaces an earlier one, a name alone removes it. */
export function mergeEnv(base: readonly string[], changes: readonly string[]): string[] {
  const byName = new Map(base.map((entry) => [nameOf(entry), entry]))
  for (const entry of changes) {
    if (entry.includes('=')) byName.set(nameOf(entry), entry)
    else byName.delete(entry)
  }
  return [...byName.values()]
}

const nameOf = (entry: string): string => entry.split('=', 1)[0] ?? ''

/** docker's rule: the image's command goes with the image's entrypoint, and is dropped when either is given. */
function resolveCommand(spec: ContainerSpec, image: ExecutionConfig): { entrypoint: readonly string[]; command: readonly string[] } {
  const given = spec.command ?? []
  if (spec.entrypoint !== undefined && spec.entrypoint.length > 0) {
    return { entrypoint: spec.entrypoint.length === 1 && spec.entrypoint[0] === '' ? [] : spec.entrypoint, command: given }
  }
  return { entrypoint: image.Entrypoint ?? [], command: given.length > 0 ? given : (image.Cmd ?? []) }
}

function resolveNetwork(network: NetworkSpec, imagePorts: readonly string[]): ResolvedContainerSpec['network'] {
  const mode = network.mode === undefined || network.mode === '' || network.mode === 'default' ? 'bridge' : network.mode
  const published = (network.ports ?? []).map(({ containerPort, protocol }) => `${containerPort}/${protocol}`)
  const exposedPorts = [...new Set([...imagePorts.map(withProtocol), ...(network.exposedPorts ?? []).map(withProtocol), ...published])]
  return { ...network, mode, exposedPorts }
}

const withProtocol = (port: string): string => (port.includes('/') ? port : `${port}/tcp`)

function resolveRestartPolicy(spec: ContainerSpec): RestartPolicy {
  const { name, maximumRetryCount = 0 } = spec.restartPolicy ?? { name: 'no' }
  if (!['no', 'always', 'unless-stopped', 'on-failure'].includes(name)) {
    throw invalid(`invalid restart policy: unknown policy '${name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`)
  }
  if (maximumRetryCount < 0) throw invalid('invalid restart policy: maximum retry count cannot be negative')
  if (maximumRetryCount > 0 && name !== 'on-failure') {
    throw invalid(`invalid restart policy: maximum retry count can only be used with 'on-failure'`)
  }
  if (name !== 'no' && spec.autoRemove === true) throw invalid("can't create 'AutoRemove' container with restart policy")
  return { name, maximumRetryCount }
}

function checkSpec(spec: ResolvedContainerSpec): void {
  if (spec.entrypoint.length + spec.command.length === 0) throw invalid('no command specified')
  for (const text of [...spec.entrypoint, ...spec.command, ...spec.env, spec.workingDirectory, spec.user]) {
    if (text.includes('\0')) throw invalid('a command, environment variable, directory or user must not contain a zero byte')
  }
  if (spec.workingDirectory !== '' && !spec.workingDirectory.startsWith('/')) {
    throw invalid(`the working directory '${spec.workingDirectory}' is invalid, it needs to be an absolute path`)
  }
  if (spec.hostname.length > 63 || !/^[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?$/.test(spec.hostname)) {
    throw invalid(`invalid hostname format: ${spec.hostname}`)
  }
  signalNumber(spec.stopSignal)
  if (Object.keys(spec.log.options ?? {}).length > 0) throw unsupportedLogOptions(spec)
  checkResources(spec)
  checkPorts(spec)
}

function unsupportedLogOptions({ log }: ResolvedContainerSpec): EngineError {
  const names = Object.keys(log.options ?? {}).join(', ')
  return new EngineError('ENGINE_UNSUPPORTED', `log options are not supported: ${names}`, {
    kind: 'unsupported',
    hint: 'leave --log-opt out',
  })
}

function checkResources({ resources }: ResolvedContainerSpec): void {
  const { memoryBytes = 0, memorySwapBytes = 0, nanoCpus = 0, cpuQuotaUs = 0, cpuPeriodUs = 0 } = resources
  if (memoryBytes !== 0 && memoryBytes < 6 * MIB) throw invalid('Minimum memory limit allowed is 6MB')
  if (memorySwapBytes > 0 && memoryBytes === 0) throw invalid('You should always set the Memory limit when using Memoryswap limit')
  if (memorySwapBytes > 0 && memorySwapBytes < memoryBytes) {
    throw invalid('Minimum memoryswap limit should be larger than memory limit, see usage')
  }
  if (nanoCpus !== 0 && (cpuQuotaUs !== 0 || cpuPeriodUs !== 0)) {
    throw invalid('Conflicting options: Nano CPUs and CPU Quota or Period cannot both be set')
  }
}

function checkPorts({ network }: ResolvedContainerSpec): void {
  const isPort = (port: number): boolean => Number.isInteger(port) && port >= 0 && port <= 65535
  for (const exposed of network.exposedPorts) {
    const match = /^(\d+)\/(tcp|udp)$/.exec(exposed)
    if (match === null || !isPort(Number(match[1])) || match[1] === '0') throw invalid(`invalid port specification: "${exposed}"`)
  }
  for (const { hostPort = 0 } of network.ports ?? []) {
    if (!isPort(hostPort)) throw invalid(`invalid port specification: "${hostPort}"`)
  }
}
