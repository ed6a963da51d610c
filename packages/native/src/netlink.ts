import { callHelper } from './call-helper.ts'
import { NativeError } from './errors.ts'
import { systemError } from './report.ts'
import { MessageWriter } from './wire.ts'

/** One step of a {@link NetlinkBatch}: enters a network namespace, or sends messages in the one that was entered last. */
export type NetlinkStep =
  | { readonly namespace: string }
  | {
      readonly protocol: 'route' | 'netfilter'
      /** One or more whole netlink messages, sent in one go. */
      readonly messages: Uint8Array
      /** How many acknowledgements, or ends of dumps, these messages ask for. @default 1 */
      readonly answers?: number | undefined
      /** errno values that are as good as success. */
      readonly ignore?: readonly number[] | undefined
    }

/** Steps in order; the first that fails ends the batch. What was sent before it stays done. */
export interface NetlinkBatch {
  readonly steps: readonly NetlinkStep[]
}

const OP_NAMESPACE = 1
const OP_SEND = 2
const PROTOCOLS = { route: 0, netfilter: 12 } as const
const NLMSG_ERROR = 2
const NLMSG_DONE = 3

/**
 * Sends netlink messages through a helper, which enters the namespaces that the batch names, and waits for their
 * acknowledgements. Returns the messages the kernel answered with, whole, acknowledgements left out. Throws
 * `NATIVE_NETLINK_FAILED`: `cause` has the errno's code, the message the step's index and the kernel's explanation.
 */
export async function sendNetlink({ steps }: NetlinkBatch): Promise<readonly Uint8Array[]> {
  const message = new MessageWriter()
  for (const step of steps) writeStep(message, step)
  const { output, status } = await callHelper('net', message.finish())
  const replies = splitMessages(output)
  if (status.ok) return replies.filter((reply) => typeOf(reply) !== NLMSG_ERROR && typeOf(reply) !== NLMSG_DONE)
  const cause = systemError(status.errno, 'netlink')
  const explanation = replies.map(explanationOf).find((text) => text !== undefined)
  throw new NativeError(
    'NATIVE_NETLINK_FAILED',
    `netlink step ${status.index}: ${explanation ? `${explanation} (${cause.message})` : cause.message}`,
    {
      kind: cause.code === 'EPERM' ? 'denied' : 'internal',
      cause,
    },
  )
}

function writeStep(message: MessageWriter, step: NetlinkStep): void {
  if ('namespace' in step) {
    message.operation(OP_NAMESPACE).string(step.namespace)
    return
  }
  const { protocol, messages, answers = 1, ignore = [] } = step
  message.operation(OP_SEND).u32(PROTOCOLS[protocol]).u32(answers)
  message.bytes(new Uint8Array(Uint32Array.from(ignore).buffer)).bytes(messages)
}

function splitMessages(bytes: Buffer): Buffer[] {
  const messages: Buffer[] = []
  for (let at = 0; at + 16 <= bytes.length; ) {
    const size = bytes.readUInt32LE(at)
    if (size < 16) break
    messages.push(bytes.subarray(at, at + size))
    at += (size + 3) & ~3
  }
  return messages
}

function typeOf(message: Buffer): number {
  return message.readUInt16LE(4)
}

/** The text attribute (NLMSGERR_ATTR_MSG) of an error that carries attributes after the header of the request it is about. */
function explanationOf(message: Buffer): string | undefined {
  const NLM_F_ACK_TLVS = 0x200
  if (typeOf(message) !== NLMSG_ERROR || (message.readUInt16LE(6) & NLM_F_ACK_TLVS) === 0) return undefined
  for (let at = 16 + 4 + 16; at + 4 <= message.length; ) {
    const size = message.readUInt16LE(at)
    if (size < 4) return undefined
    if ((message.readUInt16LE(at + 2) & 0x3fff) === 1) return message.toString('utf8', at + 4, at + size - 1)
    at += (size + 3) & ~3
  }
  return undefined
}
