import { type Call, callsOf } from './encode-calls.ts'
import { writeAttributes, writeMount, writePartedMount } from './mount.ts'
import { CALLS, type OPCODES } from './opcodes.ts'
import type { MissingTarget, Operation } from './plan.ts'
import type { MessageWriter } from './wire.ts'

const MISSING: Readonly<Record<MissingTarget, number>> = { fail: 0, directory: 1, file: 2 }
const NODES = { char: 0, block: 1, fifo: 2 } as const

/** Begins an operation of the message. */
export type Begin = (name: keyof typeof OPCODES) => MessageWriter

/** What encoding an operation depends on. */
export interface EncodingContext {
  /** Whether the process is in a user namespace that is not its launcher's. */
  readonly isInUser: boolean
  /** Place of the operation among the mounts that the supervisor prepares; -1: it does not. */
  readonly source: number
}

/** Whether the operation may run before the process is in its cgroups and namespaces. */
export function isEarly({ op }: Operation): boolean {
  return op === 'oom-score' || op === 'label' || op === 'cpu-affinity'
}

/** Writes an operation of a plan; one that the kernel has system calls for becomes these. */
export function writeOperation(begin: Begin, o: Operation, context: EncodingContext): void {
  switch (o.op) {
    case 'root': {
      const writer = begin('root').string(o.path)
      writeAttributes(writer, { propagation: o.propagation, recursive: true })
      writer.list(o.mounts, (mount) => writeMount(writer, mount))
      return
    }
    case 'mount':
    case 'bind':
      writeMountOperation(begin, o, context.source)
      return
    case 'attributes':
      writeAttributes(begin('attributes').string(o.target), o.attributes)
      return
    case 'mask':
    case 'readonly':
      begin(o.op).string(o.target)
      return
    case 'symlink':
      begin('symlink').string(o.target).string(o.linkTarget)
      return
    case 'device':
      begin('device').string(o.target).u8(NODES[o.type]).u32(o.major).u32(o.minor).u32(o.mode).u32(o.uid).u32(o.gid)
      return
    case 'terminal':
      begin('terminal').u16(o.rows).u16(o.columns)
      return
    case 'enter-root':
      begin('enter-root').boolean(o.pivot)
      return
    default:
      writeProcessOperation(begin, o, context)
  }
}

type MountOperation = 'root' | 'mount' | 'bind' | 'attributes' | 'mask' | 'readonly' | 'symlink' | 'device'
type ProcessOperation = Exclude<Operation, { op: MountOperation | 'terminal' | 'enter-root' }>

function writeProcessOperation(begin: Begin, o: ProcessOperation, { isInUser }: EncodingContext): void {
  switch (o.op) {
    case 'sysctl':
      if (o.path.split('/').includes('..')) throw new TypeError(`a sysctl is below /proc/sys: ${o.path}`)
      begin('write').string(`sys/${o.path}`).string(o.value)
      return
    case 'oom-score':
      begin('write').string('self/oom_score_adj').string(String(o.value))
      return
    case 'label':
      begin('write').string(`self/attr/${o.file}`).string(o.text)
      return
    case 'seccomp':
      begin('seccomp').u32(o.flags).bytes(o.program)
      return
    case 'cwd':
      begin('cwd').string(o.path).boolean(o.create)
      return
    case 'probe':
      begin('probe').strings(o.files)
      return
    case 'exec':
      begin('exec').strings(o.files).strings(o.args).strings(o.env)
      return
    case 'loopback-up':
    case 'pause':
    case 'hold':
      begin(o.op)
      return
    default:
      if (o.op === 'user') begin('own-stdio').u32(o.uid)
      for (const call of callsOf(o, isInUser)) writeCall(begin('call'), call)
  }
}

function writeMountOperation(begin: Begin, o: Operation & { op: 'mount' | 'bind' }, source: number): void {
  const { attached = {} } = o
  if (source >= 0) {
    const writer = begin('prepared').u32(source).string(o.target)
    writeAttributes(writer, attached)
    writer.u8(MISSING[o.missing])
    return
  }
  const writer = begin('mount').string(o.target)
  writePartedMount(writer, o.op === 'bind' ? { ...o, type: '', data: [] } : { ...o, recursive: false })
  writeAttributes(writer, attached)
  writer.u8(MISSING[o.missing]).boolean(o.op === 'mount' && o.copyUp)
}

function writeCall(writer: MessageWriter, { name, args, ignored = 0 }: Call): void {
  writer.u8(CALLS.indexOf(name)).u32(ignored).u8(args.length)
  for (const arg of args) {
    if (typeof arg === 'object') writer.u8(1).bytes(arg)
    else writer.u8(0).u64(BigInt.asUintN(64, BigInt(arg)))
  }
}
