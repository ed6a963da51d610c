import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import {
  type EarlyOperation,
  type ExecPlan,
  type ExitRecord,
  launch,
  type Operation,
  type RunPlan,
  type Supervisor,
  type SupervisorPlan,
} from '../../src/index.ts'

/** A temporary directory with a root file system of busybox in `rootfs`; removed when disposed. */
export class Sandbox implements Disposable {
  readonly path = mkdtempSync('/tmp/ct-native-')
  readonly rootfs = join(this.path, 'rootfs')

  constructor() {
    chmodSync(this.path, 0o755)
    for (const directory of ['bin', 'dev', 'proc', 'sys', 'etc', 'tmp', 'root'])
      mkdirSync(join(this.rootfs, directory), { recursive: true })
    copyFileSync('/bin/busybox', join(this.rootfs, 'bin/busybox'))
    execFileSync('chroot', [this.rootfs, '/bin/busybox', '--install', '-s', '/bin'])
    writeFileSync(join(this.rootfs, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n')
  }

  file(name: string): string {
    return join(this.path, name)
  }

  /** The paths of a supervisor, told apart by a name. */
  supervisor(name = 'main', more: Partial<SupervisorPlan> = {}): SupervisorPlan {
    return {
      socketPath: this.file(`${name}.sock`),
      logPath: this.file(`${name}.log`),
      exitPath: this.file(`${name}.exit`),
      stdio: 'pipes',
      ...more,
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true })
  }
}

const DEFAULT_CAPABILITIES = [0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31]
const NODES = [
  ['null', 1, 3],
  ['zero', 1, 5],
  ['full', 1, 7],
  ['random', 1, 8],
  ['urandom', 1, 9],
  ['tty', 5, 0],
] as const

/** The file systems and devices that docker gives a container. */
export function standardMounts(userNamespace = false): readonly Operation[] {
  const mount = (
    type: string,
    target: string,
    data: readonly string[],
    set: readonly ('nosuid' | 'noexec' | 'nodev' | 'rdonly')[],
  ): Operation => ({
    op: 'mount',
    type,
    source: type,
    target,
    data,
    attributes: { set },
    missing: 'directory',
  })
  return [
    mount('proc', '/proc', [], ['nosuid', 'noexec', 'nodev']),
    mount('tmpfs', '/dev', ['mode=755', 'size=65536k'], ['nosuid']),
    mount('devpts', '/dev/pts', ['newinstance', 'ptmxmode=0666', 'mode=0620'], ['nosuid', 'noexec']),
    mount('sysfs', '/sys', [], ['nosuid', 'noexec', 'nodev', 'rdonly']),
    mount('mqueue', '/dev/mqueue', [], ['nosuid', 'noexec', 'nodev']),
    mount('tmpfs', '/dev/shm', ['mode=1777', 'size=65536k'], ['nosuid', 'noexec', 'nodev']),
    ...NODES.map((node) => (userNamespace ? bindNode(node) : makeNode(node))),
    { op: 'symlink', target: '/dev/ptmx', linkTarget: 'pts/ptmx' },
    { op: 'symlink', target: '/dev/fd', linkTarget: '/proc/self/fd' },
  ]
}

type Node = (typeof NODES)[number]

function makeNode([name, major, minor]: Node): Operation {
  return { op: 'device', target: `/dev/${name}`, type: 'char', major, minor, mode: 0o666, uid: 0, gid: 0 }
}

function bindNode([name]: Node): Operation {
  return { op: 'bind', source: `/dev/${name}`, target: `/dev/${name}`, recursive: false, attributes: {}, missing: 'file' }
}

const MASKED = [
  '/proc/acpi',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
]
const READONLY = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger']

/** What a test changes of a container like docker's. */
export interface ContainerOptions {
  readonly supervisor?: SupervisorPlan
  readonly env?: readonly string[]
  readonly tty?: { readonly rows: number; readonly columns: number }
  readonly hold?: boolean
  readonly userNamespace?: boolean
  readonly user?: { readonly uid: number; readonly gid: number; readonly groups: readonly number[] }
  /** Operations before the process is in its namespaces. */
  readonly early?: readonly EarlyOperation[]
  /** Operations after the standard mounts, before the root is entered. */
  readonly mounts?: readonly Operation[]
  /** Operations behind that, while the process has all capabilities. */
  readonly late?: readonly Operation[]
  readonly plan?: Partial<RunPlan>
}

/** A plan like the one docker's defaults lead to. */
export function containerPlan(sandbox: Sandbox, args: readonly string[], o: ContainerOptions = {}): RunPlan {
  const capabilities = DEFAULT_CAPABILITIES
  return {
    supervisor: o.supervisor ?? sandbox.supervisor(),
    namespaces: (['cgroup', 'ipc', 'mount', 'network', 'pid', 'uts'] as const).map((type) => ({ type })),
    cgroupProcs: [],
    operations: [
      ...(o.early ?? []),
      { op: 'root', path: sandbox.rootfs, mounts: [], propagation: 'slave' },
      ...standardMounts(o.userNamespace),
      ...(o.mounts ?? []),
      ...(o.tty ? [{ op: 'terminal', ...o.tty } as const] : []),
      ...MASKED.map((target) => ({ op: 'mask', target }) as const),
      ...READONLY.map((target) => ({ op: 'readonly', target }) as const),
      { op: 'enter-root', pivot: true },
      { op: 'hostname', name: 'box' },
      { op: 'loopback-up' },
      { op: 'cwd', path: '/', create: false },
      ...(o.late ?? []),
      { op: 'user', ...(o.user ?? { uid: 0, gid: 0, groups: [0] }) },
      {
        op: 'capabilities',
        sets: { bounding: capabilities, effective: capabilities, permitted: capabilities, inheritable: [], ambient: [] },
      },
      { op: 'no-new-privileges' },
      ...(o.hold ? [{ op: 'hold' } as const] : []),
      execOperation(args, o.env),
    ],
    ...o.plan,
  }
}

/** Executes a program of busybox. */
export function execOperation(args: readonly string[], env: readonly string[] = ['PATH=/bin']): Operation {
  const [program = ''] = args
  return { op: 'exec', files: [program.startsWith('/') ? program : `/bin/${program}`], args, env }
}

/** A plan for a further process of a running container. */
export function execPlan(sandbox: Sandbox, pid: number, args: readonly string[], supervisor = sandbox.supervisor('exec')): ExecPlan {
  return {
    supervisor,
    pid,
    pidStartTime: 0n,
    namespaces: ['cgroup', 'ipc', 'mount', 'network', 'pid', 'uts'],
    cgroupProcs: [],
    operations: [execOperation(args)],
  }
}

/** Runs a program to its end. */
export async function run(
  sandbox: Sandbox,
  args: readonly string[],
  options: ContainerOptions = {},
): Promise<ExitRecord & { readonly stdout: string }> {
  const supervisor = await launch(containerPlan(sandbox, args, options))
  const record = await supervisor.wait()
  return { ...record, stdout: output(sandbox, options.supervisor ? basename(options.supervisor.logPath ?? '', '.log') : 'main') }
}

/** What a log has, of both streams. */
export function output(sandbox: Sandbox, name = 'main'): string {
  return logLines(sandbox, name)
    .map(({ log }) => log)
    .join('')
}

/** The lines of a log. */
export function logLines(sandbox: Sandbox, name = 'main'): { readonly log: string; readonly stream: string; readonly time: string }[] {
  const lines = readFileSync(sandbox.file(`${name}.log`), 'utf8').split('\n')
  return lines.slice(0, -1).map((line) => JSON.parse(line))
}

/** Kills the process and waits for its end. */
export async function stop(supervisor: Supervisor): Promise<ExitRecord> {
  const ended = supervisor.wait()
  await supervisor.kill(9)
  return ended
}
