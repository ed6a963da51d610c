import { describe, expect, it } from 'vitest'
import { digestOf, verified } from '../src/index.ts'
import { body, bytesOf } from '../src/testing/index.ts'

const bytes = Buffer.from('ten bytes!')
const descriptor = { digest: digestOf(bytes), size: 10 }

describe('verified', () => {
  it.each([1, 3, 10])('passes the right bytes in chunks of %i', async (size) => {
    expect(await bytesOf(verified(descriptor, body(bytes, size)))).toEqual(bytes)
  })

  it('passes an empty body', async () => {
    expect(await bytesOf(verified({ digest: digestOf(''), size: 0 }, body(Buffer.alloc(0))))).toHaveLength(0)
  })

  it.each([
    ['other bytes', 'ten BYTES!', 'IMAGE_DIGEST_MISMATCH', 9],
    ['a body cut short', 'ten by', 'IMAGE_SIZE_MISMATCH', 6],
    ['a body that goes on', 'ten bytes!!!', 'IMAGE_SIZE_MISMATCH', 9],
    ['no body', '', 'IMAGE_SIZE_MISMATCH', 0],
  ])('withholds what would complete the blob from %s', async (_, sent, code, passed) => {
    const received: Uint8Array[] = []
    const read = async () => {
      for await (const chunk of verified(descriptor, body(Buffer.from(sent), 1))) received.push(chunk)
    }
    await expect(read()).rejects.toMatchObject({ code, kind: 'corrupt' })
    expect(received).toHaveLength(passed)
  })

  it('releases the body when it is left early', async () => {
    let released = false
    const endless = (async function* () {
      try {
        for (;;) yield bytes
      } finally {
        released = true
      }
    })()
    for await (const _ of verified({ ...descriptor, size: 100 }, endless)) break
    expect(released).toBe(true)
  })
})
