import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { progressOf } from '../../src/server/progress-stream.ts'
import type { ProgressMessage } from '../../src/wire/progress.ts'

const never = new AbortController().signal

async function all(messages: AsyncIterable<ProgressMessage>): Promise<ProgressMessage[]> {
  const list: ProgressMessage[] = []
  for await (const message of messages) list.push(message)
  return list
}

describe('progress', () => {
  it('rejects at once when the work fails before it reports', async () => {
    await expect(progressOf(never, () => Promise.reject(new Error('no such image')))).rejects.toThrow('no such image')
  })

  it('ends with the failure when the work fails later', async () => {
    const messages = await progressOf(never, async (report) => {
      report([{ status: 'one' }])
      await turn()
      throw new Error('broken pipe')
    })
    const seen: ProgressMessage[] = []
    await expect(
      (async () => {
        for await (const message of messages) seen.push(message)
      })(),
    ).rejects.toThrow('broken pipe')
    expect(seen).toEqual([{ status: 'one' }])
  })

  it('keeps every change of state, and of byte counts the latest', async () => {
    const messages = await progressOf(never, async (report) => {
      report([
        { status: 'Pulling from x', id: 'latest' },
        { status: 'Waiting', id: 'a' },
      ])
      await turn()
      for (let current = 1; current <= 1000; current++)
        report([{ status: 'Downloading', id: 'a', progressDetail: { current, total: 1000 } }])
      report([{ status: 'Pull complete', id: 'a' }])
    })
    expect(await all(messages)).toEqual([
      { status: 'Pulling from x', id: 'latest' },
      { status: 'Waiting', id: 'a' },
      { status: 'Downloading', id: 'a', progressDetail: { current: 1000, total: 1000 } },
      { status: 'Pull complete', id: 'a' },
    ])
  })

  it('says the same thing once, and byte counts not all the time', async () => {
    const messages = await progressOf(never, async (report) => {
      report([{ status: 'first' }])
      for (let n = 1; n <= 20; n++) {
        await turn()
        await turn()
        report([
          { status: 'Downloading', id: 'a', progressDetail: { current: n, total: 20 } },
          { status: 'Waiting', id: 'b', progressDetail: {} },
        ])
      }
    })
    const seen = await all(messages)
    expect(seen.filter(({ id }) => id === 'b')).toHaveLength(1)
    expect(seen.filter(({ id }) => id === 'a').length).toBeLessThan(5)
  })

  it('aborts the work when the reader leaves', async () => {
    let reason: unknown
    const messages = await progressOf(never, (report, ended) => {
      report([{ status: 'one' }])
      return new Promise((_resolve, reject) => {
        ended.addEventListener('abort', () => {
          reason = ended.reason
          reject(ended.reason)
        })
      })
    })
    for await (const _message of messages) break
    expect(reason).toBeInstanceOf(Error)
  })
})
