import type { ContainerCreateBody, EndpointSettings, HostConfig, NetworkingConfig } from '@ct/api'
import type { FlagValues } from '../parser/command.ts'
import { badFlag, integerFlag, mapFlag, sizeFlag } from './bad-flag.ts'
import type { CREATE_FLAGS } from './create-flags.table.ts'
import { readEnvironment, readFlagFile, readLines } from './environment.ts'
import { type Mounts, parseMounts } from './mounts.ts'
import { type Ports, parsePorts } from './ports.ts'
import { parseDevice, parseRestartPolicy, parseUlimit } from './resources.ts'

/** The values of the flags of `create` and `run`. */
export type CreateFlags = FlagValues<typeof CREATE_FLAGS>

/** What a create is made of beside its flags. */
export interface CreateInput {
  readonly flags: CreateFlags
  readonly image: string
  /** The command, empty for the image's own. */
  readonly command: readonly string[]
  /** Whether the client lets go of the container once it runs. */
  readonly detach: boolean
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Which streams the client wants. */
export interface Attachment {
  readonly stdin: boolean
  readonly stdout: boolean
  readonly stderr: boolean
}

/** The streams that the flags ask for: with `-a` those named, else all (stdin with `-i` only), none when detached. */
export function attachmentOf({ flags, detach }: Pick<CreateInput, 'flags' | 'detach'>): Attachment {
  const named = flags.attach.map((name) => name.toUpperCase())
  const wrong = named.find((name) => !['STDIN', 'STDOUT', 'STDERR'].includes(name))
  if (wrong !== undefined) throw badFlag('attach', wrong, 'valid streams are STDIN, STDOUT and STDERR')
  if (named.length > 0) return { stdin: named.includes('STDIN'), stdout: named.includes('STDOUT'), stderr: named.includes('STDERR') }
  return { stdin: !detach && flags.interactive === true, stdout: !detach, stderr: !detach }
}

/** Turns the command line of a `create` or `run` into the body of the API's create. Throws `CLI_BAD_FLAG`. */
export async function createBody(input: CreateInput): Promise<ContainerCreateBody> {
  const { flags } = input
  const ports = parsePorts(flags.publish, flags.expose)
  const mounts = parseMounts(flags.volume, flags.tmpfs, flags.mount)
  const attachment = attachmentOf(input)
  const labelLines = (await Promise.all(flags['label-file'].map((path) => readLines('label-file', path)))).flat()
  return defined({
    Image: input.image,
    Cmd: input.command.length === 0 ? undefined : input.command,
    Entrypoint: flags.entrypoint === undefined ? undefined : [flags.entrypoint],
    Env: await readEnvironment(flags.env, flags['env-file'], input.env),
    Hostname: flags.hostname,
    Domainname: flags.domainname,
    User: flags.user,
    WorkingDir: flags.workdir,
    Labels: { ...mapFlag('label-file', labelLines), ...mapFlag('label', flags.label) },
    Tty: flags.tty === true,
    OpenStdin: flags.interactive === true,
    StdinOnce: flags.interactive === true && attachment.stdin,
    AttachStdin: attachment.stdin,
    AttachStdout: attachment.stdout,
    AttachStderr: attachment.stderr,
    ExposedPorts: ports.exposed,
    Volumes: mounts.volumes,
    StopSignal: flags['stop-signal'],
    StopTimeout: integerFlag('stop-timeout', flags['stop-timeout']),
    MacAddress: flags['mac-address'],
    HostConfig: await hostConfig(flags, ports, mounts),
    NetworkingConfig: networkingConfig(flags),
  })
}

async function hostConfig(flags: CreateFlags, ports: Ports, mounts: Mounts): Promise<HostConfig> {
  return defined({
    ...limits(flags),
    ...namespaces(flags),
    Binds: mounts.binds,
    Tmpfs: mounts.tmpfs,
    Mounts: mounts.mounts,
    VolumesFrom: flags['volumes-from'],
    PortBindings: ports.bindings,
    PublishAllPorts: flags['publish-all'],
    RestartPolicy: flags.restart === undefined ? undefined : parseRestartPolicy(flags.restart),
    AutoRemove: flags.rm,
    CapAdd: flags['cap-add'],
    CapDrop: flags['cap-drop'],
    Privileged: flags.privileged,
    ReadonlyRootfs: flags['read-only'],
    SecurityOpt: await Promise.all(flags['security-opt'].map(readSecurityOption)),
    GroupAdd: flags['group-add'],
    Devices: flags.device.map(parseDevice),
    Sysctls: mapFlag('sysctl', flags.sysctl),
    ShmSize: sizeFlag('shm-size', flags['shm-size']),
    Dns: flags.dns,
    DnsOptions: flags['dns-option'],
    DnsSearch: flags['dns-search'],
    ExtraHosts: flags['add-host'],
    LogConfig: flags['log-driver'] === undefined && flags['log-opt'].length === 0 ? undefined : logConfig(flags),
    ContainerIDFile: flags.cidfile,
    Annotations: mapFlag('annotation', flags.annotation),
  })
}

function logConfig(flags: CreateFlags): { readonly Type: string; readonly Config: Record<string, string> } {
  return { Type: flags['log-driver'] ?? '', Config: mapFlag('log-opt', flags['log-opt']) }
}

function limits(flags: CreateFlags): HostConfig {
  const cpus = flags.cpus
  if (cpus !== undefined && !(Number(cpus) >= 0)) throw badFlag('cpus', cpus, 'not a number')
  return defined({
    Memory: sizeFlag('memory', flags.memory),
    MemorySwap: sizeFlag('memory-swap', flags['memory-swap']),
    MemoryReservation: sizeFlag('memory-reservation', flags['memory-reservation']),
    NanoCpus: cpus === undefined ? undefined : Math.round(Number(cpus) * 1e9),
    CpuShares: integerFlag('cpu-shares', flags['cpu-shares']),
    CpuPeriod: integerFlag('cpu-period', flags['cpu-period']),
    CpuQuota: integerFlag('cpu-quota', flags['cpu-quota']),
    CpusetCpus: flags['cpuset-cpus'],
    CpusetMems: flags['cpuset-mems'],
    PidsLimit: integerFlag('pids-limit', flags['pids-limit']),
    OomKillDisable: flags['oom-kill-disable'],
    OomScoreAdj: integerFlag('oom-score-adj', flags['oom-score-adj']),
    Ulimits: flags.ulimit.map(parseUlimit),
  })
}

function namespaces(flags: CreateFlags): HostConfig {
  return defined({
    NetworkMode: flags.network,
    IpcMode: flags.ipc,
    PidMode: flags.pid,
    UTSMode: flags.uts,
    CgroupnsMode: flags.cgroupns,
  })
}

function networkingConfig(flags: CreateFlags): NetworkingConfig | undefined {
  if (flags.ip === undefined && flags['network-alias'].length === 0) return undefined
  const endpoint: EndpointSettings = defined({
    Aliases: flags['network-alias'],
    IPAMConfig: flags.ip === undefined ? undefined : { IPv4Address: flags.ip },
  })
  return { EndpointsConfig: { [flags.network ?? 'bridge']: endpoint } }
}

/** A seccomp profile is a file of the client, so its text is what travels. */
async function readSecurityOption(option: string): Promise<string> {
  const [, path] = /^seccomp[=:](.*)$/.exec(option) ?? []
  if (path === undefined || path === 'unconfined' || path === 'builtin') return option
  return `seccomp=${await readFlagFile('security-opt', path)}`
}

/** Without the fields that are not set: absent and empty mean the same to the API, and old daemons know fewer names. */
function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const isEmpty = (item: unknown): boolean =>
    item === undefined || item === false || (typeof item === 'object' && item !== null && Object.keys(item).length === 0)
  return Object.fromEntries(Object.entries(value).filter(([, item]) => !isEmpty(item))) as { [K in keyof T]: Exclude<T[K], undefined> }
}
