import { writeAttributes, writeMount } from './mount.ts'
import { HEADER_OPCODES, OPCODES } from './opcodes.ts'
import type { ExecPlan, IdMapping, MissingTarget, NamespaceType, Operation, Propagation, RunPlan, SupervisorPlan } from './plan.ts'
import { MessageWriter } from './wire.ts'

/** CLONE_NEW* of linux/sched.h. */
const NAMESPACE_FLAGS: Readonly<Record<NamespaceType, number>> = {
  time: 0x80,
  mount: 0x2_0000,
  cgroup: 0x200_0000,
  uts: 0x400_0000,
  ipc: 0x800_0000,
  user: 0x1000_0000,
  pid: 0x2000_0000,
  network: 0x4000_0000,
}
/** MS_* of linux/mount.h. */
const PROPAGATION: Readonly<Record<Propagation, bigint>> = {
  unbindable: 1n << 17n,
  private: 1n << 18n,
  slave: 1n << 19n,
  shared: 1n << 20n,
}
const STDIO: Readonly<Record<SupervisorPlan['stdio'], number>> = { pipes: 0, 'closed-stdin': 1, inherit: 2 }
const MISSING: Readonly<Record<MissingTarget, number>> = { fail: 0, directory: 1, file: 2 }
const NODES = { char: 0, block: 1, fifo: 2 } as const

/** A message for the helper, and how many operations stand in it before those of the plan. */
export interface EncodedPlan {
  readonly message: Uint8Array
  readonly headerOperations: number
}

/** Encodes a plan for the verb `run`. */
export function encodeRunPlan(plan: RunPlan): EncodedPlan {
  const writer = new MessageWriter()
  let headerOperations = writeHeader(writer, plan)
  for (const { type, path = '' } of plan.namespaces) {
    writer.operation(HEADER_OPCODES.namespace).u32(NAMESPACE_FLAGS[type]).string(path)
    headerOperations++
  }
  for (const [isGid, mappings] of [plan.uidMappings, plan.gidMappings].entries()) {
    if (!mappings) continue
    writer.operation(HEADER_OPCODES['id-map']).u8(isGid).string(mapText(mappings))
    headerOperations++
  }
  return finish(writer, plan.operations, headerOperations)
}

/** Encodes a plan for the verb `exec`. */
export function encodeExecPlan(plan: ExecPlan): EncodedPlan {
  const writer = new MessageWriter()
  const headerOperations = writeHeader(writer, plan) + 1
  const namespaces = plan.namespaces.reduce((sum, type) => sum + NAMESPACE_FLAGS[type], 0)
  writer.operation(HEADER_OPCODES.join).u32(plan.pid).u64(plan.pidStartTime).u32(namespaces)
  return finish(writer, plan.operations, headerOperations)
}

function mapText(mappings: readonly IdMapping[]): string {
  return mappings.map(({ containerId, hostId, size }) => `${containerId} ${hostId} ${size}\n`).join('')
}

function writeHeader(writer: MessageWriter, { supervisor, cgroupProcs, operations }: RunPlan | ExecPlan): number {
  const { socketPath = '', logPath = '', exitPath = '', pidPath = '', detachWithFifo = '', consoleSocketPath = '', oom } = supervisor
  if (operations.at(-1)?.op !== 'exec') throw new TypeError('the last operation of a plan must be exec')
  if (socketPath === '' && detachWithFifo === '' && operations.some(({ op }) => op === 'hold')) {
    throw new TypeError('a plan with hold needs a socketPath, or a FIFO to detach with')
  }
  writer.operation(HEADER_OPCODES.supervisor)
  for (const text of [socketPath, logPath, exitPath, pidPath, detachWithFifo, consoleSocketPath, oom?.path, oom?.key])
    writer.string(text ?? '')
  writer.u8(STDIO[supervisor.stdio]).boolean(supervisor.stdinOnce)
  for (const path of cgroupProcs) writer.operation(HEADER_OPCODES.cgroup).string(path)
  return 1 + cgroupProcs.length
}

function finish(writer: MessageWriter, operations: readonly Operation[], headerOperations: number): EncodedPlan {
  for (const operation of operations) writeOperation(writer.operation(OPCODES[operation.op]), operation)
  return { message: writer.finish(), headerOperations }
}

function propagationOf(propagation: Propagation | undefined): bigint {
  return propagation === undefined ? 0n : PROPAGATION[propagation]
}

/** The capability numbers as bits. */
function bits(numbers: readonly number[]): bigint {
  return numbers.reduce((sum, number) => sum | (1n << BigInt(number)), 0n)
}

function writeMountOperation(writer: MessageWriter, o: Operation & { op: 'mount' | 'bind' }): void {
  const [type, data, recursive] = o.op === 'mount' ? [o.type, o.data, false] : ['', [], o.recursive]
  writer.string(o.target).string(type).string(o.source).strings(data).boolean(recursive)
  writeAttributes(writer, o.attributes)
  writer
    .u64(propagationOf(o.propagation))
    .u8(MISSING[o.missing])
    .boolean(o.op === 'mount' && o.copyUp)
}

function writeOperation(writer: MessageWriter, o: Operation): void {
  switch (o.op) {
    case 'root':
      writer
        .string(o.path)
        .u64(PROPAGATION[o.propagation])
        .list(o.mounts, (mount) => writeMount(writer, mount))
      return
    case 'mount':
    case 'bind':
      writeMountOperation(writer, o)
      return
    case 'attributes':
      writeAttributes(writer.string(o.target), o.attributes)
      return
    case 'mask':
    case 'readonly':
      writer.string(o.target)
      return
    case 'mkdir':
      writer.string(o.target).u32(o.mode).u32(o.uid).u32(o.gid)
      return
    case 'symlink':
      writer.string(o.target).string(o.linkTarget)
      return
    case 'device':
      writer.string(o.target).u8(NODES[o.type]).u32(o.major).u32(o.minor).u32(o.mode).u32(o.uid).u32(o.gid)
      return
    case 'enter-root':
      writer.boolean(o.pivot)
      return
    case 'root-propagation':
      writer.u64(PROPAGATION[o.propagation]).boolean(o.recursive)
      return
    default:
      writeProcessOperation(writer, o)
      return
  }
}

type MountOperation = 'root' | 'mount' | 'bind' | 'attributes' | 'mask' | 'readonly' | 'mkdir' | 'symlink' | 'device'
type ProcessOperation = Exclude<Operation, { op: MountOperation | 'enter-root' | 'root-propagation' }>

function writeProcessOperation(writer: MessageWriter, o: ProcessOperation): void {
  switch (o.op) {
    case 'terminal':
      writer.u16(o.rows).u16(o.columns)
      return
    case 'sysctl':
      writer.string(o.path).string(o.value)
      return
    case 'hostname':
    case 'domainname':
      writer.string(o.name)
      return
    case 'rlimit':
      writer.u32(o.resource).u64(o.soft).u64(o.hard)
      return
    case 'oom-score':
      writer.i64(BigInt(o.value))
      return
    case 'personality':
      writer.u64(o.persona)
      return
    case 'umask':
      writer.u32(o.mask)
      return
    case 'user':
      writer
        .u32(o.uid)
        .u32(o.gid)
        .list(o.groups, (gid) => writer.u32(gid))
      return
    case 'capabilities': {
      const { bounding, effective, permitted, inheritable, ambient } = o.sets
      for (const set of [bounding, effective, permitted, inheritable, ambient]) writer.u64(bits(set))
      return
    }
    case 'seccomp':
      writer.u32(o.flags).bytes(o.program)
      return
    case 'cwd':
      writer.string(o.path).boolean(o.create)
      return
    case 'exec':
      writer.strings(o.files).strings(o.args).strings(o.env)
      return
    case 'loopback-up':
    case 'no-new-privileges':
    case 'hold':
      return
  }
}
