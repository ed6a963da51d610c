import { heldCapabilities, lastCapability } from './held-capabilities.ts'
import type { CALLS } from './opcodes.ts'
import type { CapabilitySets, Operation, SchedulerAttributes } from './plan.ts'

/** A system call; bytes are given by their address. */
export interface Call {
  readonly name: (typeof CALLS)[number]
  readonly args: readonly (number | bigint | Uint8Array)[]
  /** The errno that is no failure. Default: none. */
  readonly ignored?: number
}

type CallOperation = Extract<
  Operation,
  {
    op:
      | 'hostname'
      | 'domainname'
      | 'rlimit'
      | 'personality'
      | 'umask'
      | 'user'
      | 'capabilities'
      | 'no-new-privileges'
      | 'scheduler'
      | 'io-priority'
      | 'cpu-affinity'
      | 'memory-policy'
      | 'reap'
  }
>

const EPERM = 1
const EINVAL = 22
/** Of prctl(2). */
const PR = { keepCapabilities: 8, dropBounding: 24, noNewPrivileges: 38, ambient: 47, ambientRaise: 2, ambientClear: 4 } as const
const IOPRIO_WHO_PROCESS = 1
const IOPRIO_CLASS_SHIFT = 13
const SIGCHLD = 17
const SIG_IGN = 1

/** The system calls that an operation is. */
export function callsOf(o: CallOperation, isInUser: boolean): readonly Call[] {
  switch (o.op) {
    case 'hostname':
      return [{ name: 'sethostname', args: [Buffer.from(o.name), Buffer.byteLength(o.name)] }]
    case 'domainname':
      return [{ name: 'setdomainname', args: [Buffer.from(o.name), Buffer.byteLength(o.name)] }]
    case 'rlimit':
      return [{ name: 'prlimit64', args: [0, o.resource, words(o.soft, o.hard), 0] }]
    case 'personality':
      return [{ name: 'personality', args: [o.persona] }]
    case 'umask':
      return [{ name: 'umask', args: [o.mask] }]
    case 'no-new-privileges':
      return [{ name: 'prctl', args: [PR.noNewPrivileges, 1, 0, 0, 0] }]
    case 'user':
      return userCalls(o)
    case 'capabilities':
      return capabilityCalls(o.sets, isInUser)
    case 'scheduler':
      return [{ name: 'sched_setattr', args: [0, schedulerBytes(o.attributes), 0] }]
    case 'io-priority':
      return [{ name: 'ioprio_set', args: [IOPRIO_WHO_PROCESS, 0, (o.class << IOPRIO_CLASS_SHIFT) | o.priority] }]
    case 'cpu-affinity': {
      const mask = bitmap(o.cpus)
      return [{ name: 'sched_setaffinity', args: [0, mask.length, mask] }]
    }
    case 'memory-policy': {
      const mask = bitmap(o.nodes)
      return [{ name: 'set_mempolicy', args: [o.mode, mask, mask.length * 8] }]
    }
    case 'reap':
      return [{ name: 'rt_sigaction', args: [SIGCHLD, words(BigInt(SIG_IGN), 0n, 0n, 0n), 0, 8] }]
  }
}

/** Keeps the capabilities for the operations behind. A user namespace may forbid setgroups(2), where there is nothing to set. */
function userCalls({ uid, gid, groups }: CallOperation & { op: 'user' }): Call[] {
  const list = new Uint8Array(Uint32Array.from(groups).buffer)
  return [
    { name: 'setgroups', args: [groups.length, list], ...(groups.length === 0 && { ignored: EPERM }) },
    { name: 'prctl', args: [PR.keepCapabilities, 1, 0, 0, 0] },
    { name: 'setresgid', args: [gid, gid, gid] },
    { name: 'setresuid', args: [uid, uid, uid] },
  ]
}

/** What the process does not have is left out: nobody can give it. */
function capabilityCalls(sets: CapabilitySets, isInUser: boolean): Call[] {
  const held = heldCapabilities(isInUser)
  const bounding = bits(sets.bounding)
  const permitted = bits(sets.permitted) & held
  const inheritable = bits(sets.inheritable) & held
  const ambient = bits(sets.ambient) & permitted & inheritable
  const all = Array.from({ length: lastCapability() + 1 }, (_, number) => number)
  const has = (set: bigint, number: number) => ((set >> BigInt(number)) & 1n) === 1n
  return [
    capset(held, held, 0n),
    ...all
      .filter((number) => !has(bounding, number))
      .map(
        (number): Call => ({ name: 'prctl', args: [PR.dropBounding, number, 0, 0, 0], ignored: isInUser ? 0 : unprivilegedErrno(held) }),
      ),
    { name: 'prctl', args: [PR.ambient, PR.ambientClear, 0, 0, 0], ignored: EINVAL },
    capset(bits(sets.effective) & permitted, permitted, inheritable),
    ...all
      .filter((number) => has(ambient, number))
      .map((number): Call => ({ name: 'prctl', args: [PR.ambient, PR.ambientRaise, number, 0, 0] })),
  ]
}

/** Without CAP_SETPCAP the bounding set stays as it is; it bounds nothing that the process could get. */
function unprivilegedErrno(held: bigint): number {
  return held === 0n ? EPERM : 0
}

function capset(effective: bigint, permitted: bigint, inheritable: bigint): Call {
  const VERSION_3 = 0x20080522
  const data = Uint32Array.from(
    [0n, 32n].flatMap((shift) => [effective, permitted, inheritable].map((set) => Number((set >> shift) & 0xffff_ffffn))),
  )
  return { name: 'capset', args: [new Uint8Array(Uint32Array.of(VERSION_3, 0).buffer), new Uint8Array(data.buffer)] }
}

/** `struct sched_attr`, without its later additions. */
function schedulerBytes({ policy, flags, nice, priority, runtimeNs, deadlineNs, periodNs }: SchedulerAttributes): Uint8Array {
  const bytes = Buffer.alloc(48)
  bytes.writeUInt32LE(bytes.length, 0)
  bytes.writeUInt32LE(policy, 4)
  bytes.writeBigUInt64LE(flags, 8)
  bytes.writeInt32LE(nice, 16)
  bytes.writeUInt32LE(priority, 20)
  for (const [index, time] of [runtimeNs, deadlineNs, periodNs].entries()) bytes.writeBigUInt64LE(time, 24 + 8 * index)
  return bytes
}

function words(...values: readonly bigint[]): Uint8Array {
  return new Uint8Array(BigUint64Array.from(values).buffer)
}

/** The numbers as bits. */
function bits(numbers: readonly number[]): bigint {
  return numbers.reduce((sum, number) => sum | (1n << BigInt(number)), 0n)
}

/** The numbers as bits of whole 64-bit words, one at least. */
function bitmap(numbers: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(8 * (1 + (Math.max(0, ...numbers) >> 6)))
  for (const number of numbers) bytes[number >> 3] = (bytes[number >> 3] ?? 0) | (1 << (number & 7))
  return bytes
}
