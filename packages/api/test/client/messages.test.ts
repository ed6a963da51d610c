import { describe, expect, it } from 'vitest'
import { readMessages } from '../../src/client/messages.ts'

async function* pieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function all(bytes: AsyncIterable<Uint8Array>): Promise<unknown[]> {
  const messages: unknown[] = []
  for await (const message of readMessages(bytes)) messages.push(message)
  return messages
}

describe('messages', () => {
  it.each([1, 3, 1000])('are one a line, whatever the pieces (%i bytes)', async (size) => {
    expect(await all(pieces('{"status":"ä"}\r\n\n{"n":2}\n{"n":3}', size))).toEqual([{ status: 'ä' }, { n: 2 }, { n: 3 }])
  })

  it.each([
    ['{"errorDetail":{"message":"no space"},"error":"short"}', 'no space'],
    ['{"error":"no space"}', 'no space'],
  ])('%s is thrown', async (line, message) => {
    await expect(all(pieces(`{"status":"x"}\n${line}\n`, 5))).rejects.toMatchObject({ code: 'API_FAILED_MIDWAY', message })
  })

  it('that are no JSON are API_BAD_ANSWER', async () => {
    await expect(all(pieces('<html>', 100))).rejects.toMatchObject({ code: 'API_BAD_ANSWER', kind: 'corrupt' })
  })
})
