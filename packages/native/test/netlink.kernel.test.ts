import { readdirSync } from 'node:fs'
import { hasErrno } from '@ct/errors'
import { describe, expect, it } from 'vitest'
import { sendNetlink } from '../src/index.ts'

const RTM_NEWLINK = 16
const RTM_DELLINK = 17
const RTM_GETLINK = 18
const ACK = 0x5
const DUMP = 0x301
const ENODEV = 19

/** A message about the link with an index (0: all). */
function link(type: number, flags: number, index: number, attributes: Uint8Array = new Uint8Array()): Uint8Array {
  const message = Buffer.alloc(32)
  message.writeUInt32LE(32 + attributes.length, 0)
  message.writeUInt16LE(type, 4)
  message.writeUInt16LE(flags, 6)
  message.writeInt32LE(index, 20)
  return Buffer.concat([message, attributes])
}

describe('sendNetlink', () => {
  it('returns what the kernel answers, acknowledgements left out', async () => {
    const replies = await sendNetlink({ steps: [{ protocol: 'route', messages: link(RTM_GETLINK, DUMP, 0) }] })
    expect(replies.every((reply) => Buffer.from(reply).readUInt16LE(4) === RTM_NEWLINK)).toBe(true)
    expect(replies).toHaveLength(readdirSync('/sys/class/net').length)
  })

  it('enters the network namespace that a step names, for the steps behind it', async () => {
    const get = { protocol: 'route', messages: link(RTM_GETLINK, DUMP, 0) } as const
    const once = await sendNetlink({ steps: [get] })
    expect(await sendNetlink({ steps: [get, { namespace: '/proc/self/ns/net' }, get] })).toHaveLength(once.length * 2)
    const missing = sendNetlink({ steps: [{ namespace: '/proc/self/ns/nothing' }] })
    await expect(missing).rejects.toMatchObject({ code: 'NATIVE_NETLINK_FAILED', cause: { code: 'ENOENT' } })
  })

  it('stops at the first step that fails, and says which, with the kernel’s own words', async () => {
    const gone = { protocol: 'route', messages: link(RTM_DELLINK, ACK, 0x7fffffff), ignore: [ENODEV] } as const
    const refused = { protocol: 'route', messages: link(RTM_DELLINK, ACK, 1) } as const // loopback cannot be removed
    const error = await sendNetlink({ steps: [gone, refused, { ...gone, ignore: [] }] }).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'NATIVE_NETLINK_FAILED', message: expect.stringContaining('netlink step 1') })
    expect(error).toSatisfy((reason) => reason instanceof Error && hasErrno(reason.cause, 'EOPNOTSUPP'))
    const odd = sendNetlink({
      steps: [{ protocol: 'route', messages: link(RTM_NEWLINK, ACK | 0x600, 0, Buffer.from('0600030061000000', 'hex')) }],
    })
    await expect(odd).rejects.toMatchObject({ message: expect.stringContaining('Unknown device type') })
  })

  it('sends several messages at once and waits for as many answers', async () => {
    const up = link(RTM_NEWLINK, ACK, 1)
    expect(await sendNetlink({ steps: [{ protocol: 'route', messages: Buffer.concat([up, up, up]), answers: 3 }] })).toEqual([])
  })
})
