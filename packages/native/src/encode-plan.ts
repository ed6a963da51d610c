import { isEarly, writeOperation } from './encode-operation.ts'
import { writePartedMount } from './mount.ts'
import { HEADER_OPCODES, OPCODES } from './opcodes.ts'
import type { ExecPlan, NamespaceType, Operation, RunPlan, SupervisorPlan } from './plan.ts'
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
const STDIO: Readonly<Record<SupervisorPlan['stdio'], number>> = { pipes: 0, 'closed-stdin': 1, inherit: 2 }

/** A message for the helper. */
export interface EncodedPlan {
  readonly message: Uint8Array
  /** Of each operation of the message, the index of the plan's that it comes from; -1: of none. */
  readonly origins: readonly number[]
  /** Whether the first pause is for writing the id maps. */
  readonly pausesForMaps: boolean
}

/** Encodes a plan for the verb `run`. */
export function encodeRunPlan(plan: RunPlan): EncodedPlan {
  const encoder = new Encoder(plan)
  for (const { type, path = '' } of plan.namespaces) {
    // The clocks of a new namespace are set before the process is in it.
    if (type === 'time' && path === '' && plan.timeOffsets?.length) continue
    encoder.header('namespace').u32(NAMESPACE_FLAGS[type]).string(path)
  }
  if (plan.timeOffsets?.length) {
    encoder.header('time-offsets').string(plan.timeOffsets.map((o) => `${o.clock} ${o.seconds} ${o.nanoseconds}\n`).join(''))
  }
  const isInUser = plan.namespaces.some(({ type }) => type === 'user')
  const isMapped = plan.namespaces.some(({ type, path }) => type === 'user' && !path)
  return encoder.finish({ isInUser, pausesForMaps: isMapped && Boolean(plan.uidMappings?.length || plan.gidMappings?.length) })
}

/** Encodes a plan for the verb `exec`. */
export function encodeExecPlan(plan: ExecPlan): EncodedPlan {
  const encoder = new Encoder(plan)
  const namespaces = plan.namespaces.reduce((sum, type) => sum + NAMESPACE_FLAGS[type], 0)
  encoder.header('join').u32(plan.pid).u64(plan.pidStartTime).u32(namespaces)
  return encoder.finish({ isInUser: plan.namespaces.includes('user'), pausesForMaps: false })
}

class Encoder {
  readonly #writer = new MessageWriter()
  readonly #operations: readonly Operation[]
  readonly #origins: number[] = []

  constructor({ supervisor, cgroupProcs, operations }: RunPlan | ExecPlan) {
    this.#operations = operations
    checkEnd(supervisor, operations)
    const { socketPath, logPath, exitPath, detachWithFifo, consoleSocketPath, pidfdSocketPath, listenerPath, oom } = supervisor
    const paths = [socketPath, logPath, exitPath, detachWithFifo, consoleSocketPath, pidfdSocketPath, listenerPath, oom?.path, oom?.key]
    const header = this.header('supervisor')
    for (const text of paths) header.string(text ?? '')
    header
      .u8(STDIO[supervisor.stdio])
      .boolean(supervisor.stdinOnce)
      .u32(supervisor.preservedFds ?? 0)
    for (const path of cgroupProcs) this.header('cgroup').string(path)
  }

  header(name: keyof typeof HEADER_OPCODES): MessageWriter {
    this.#origins.push(-1)
    return this.#writer.operation(HEADER_OPCODES[name])
  }

  finish({ isInUser, pausesForMaps }: { readonly isInUser: boolean; readonly pausesForMaps: boolean }): EncodedPlan {
    const sources = this.#writeSources()
    if (pausesForMaps) this.#begin('pause', -1)
    let hasEntered = false
    for (const [index, operation] of this.#operations.entries()) {
      if (!hasEntered && !isEarly(operation)) {
        this.#begin('enter', -1)
        hasEntered = true
      }
      const begin = (name: keyof typeof OPCODES) => this.#begin(name, index)
      writeOperation(begin, operation, { isInUser, source: sources.indexOf(operation) })
    }
    return { message: this.#writer.finish(), origins: this.#origins, pausesForMaps }
  }

  #begin(name: keyof typeof OPCODES, origin: number): MessageWriter {
    this.#origins.push(origin)
    return this.#writer.operation(OPCODES[name])
  }

  /** The binds whose ids are mapped are made by the supervisor, which still has the right to. */
  #writeSources(): Operation[] {
    const mapped = this.#operations.filter((operation) => operation.op === 'bind' && operation.userNamespace !== undefined)
    for (const operation of mapped) {
      if (operation.op !== 'bind') continue
      const writer = this.header('source')
      writePartedMount(writer, { ...operation, type: '', data: [] })
      writer.string(operation.userNamespace ?? '')
    }
    return mapped
  }
}

function checkEnd({ socketPath = '', detachWithFifo = '' }: SupervisorPlan, operations: readonly Operation[]): void {
  const last = operations.at(-1)?.op
  if (last !== 'exec' && last !== 'hold') throw new TypeError('the last operation of a plan must be exec, or hold')
  if (socketPath === '' && detachWithFifo === '' && operations.some(({ op }) => op === 'hold')) {
    throw new TypeError('a plan with hold needs a socketPath, or a FIFO to detach with')
  }
}
