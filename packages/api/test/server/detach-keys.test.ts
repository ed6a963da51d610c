import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { parseDetachKeys, watchForDetach } from '../../src/server/detach-keys.ts'

describe('detach keys', () => {
  it.each([
    ['', [16, 17]],
    ['ctrl-p,ctrl-q', [16, 17]],
    ['ctrl-a,d', [1, 100]],
    ['ctrl-@', [0]],
    ['ctrl-[', [27]],
    ['ctrl-_,x', [31, 120]],
  ])('"%s" are bytes', (keys, bytes) => {
    expect([...parseDetachKeys(keys)]).toEqual(bytes)
  })

  it.each(['ctrl-', 'ctrl-pp', 'ab', 'ctrl-1', 'é', 'a,,b'])('"%s" are API_BAD_REQUEST', (keys) => {
    expect(() => parseDetachKeys(keys)).toThrow(expect.objectContaining({ code: 'API_BAD_REQUEST' }))
  })

  it.each([
    ['nothing special', ['ls\n'], 'ls\n', false],
    ['half of them at the end', ['a', '\x10'], 'a\x10', false],
    ['half of them, then something else', ['\x10', 'x'], '\x10x', false],
    ['half of them twice', ['\x10\x10x'], '\x10\x10x', false],
    ['them in one piece', ['a\x10\x11b'], '', true],
    ['them in two pieces', ['\x10', '\x11'], '', true],
    ['them after a false start', ['\x10\x10\x11'], '', true],
  ])('are found among %s', async (_what, chunks, passed, isDetached) => {
    let detached = false
    const watch = watchForDetach(parseDetachKeys(''), () => {
      detached = true
    })
    for (const chunk of chunks) watch.write(chunk)
    watch.end()
    const output = await text(watch)
    expect(detached).toBe(isDetached)
    if (!isDetached) expect(output).toBe(passed)
  })
})
