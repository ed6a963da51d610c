import { Duplex, PassThrough } from 'node:stream'
import { expect, it } from 'vitest'
import { parseDetachKeys } from '../../src/server/detach-keys.ts'
import { connect } from '../../src/server/hijack.ts'

it('A client that reads slowly gets the last words of a container that has ended', async () => {
  const received: string[] = []
  const socket = new Duplex({
    read: () => undefined,
    write(chunk: Buffer, _encoding, done) {
      setTimeout(() => {
        received.push(String(chunk))
        done()
      }, 700)
    },
  })
  const stream = new PassThrough()
  for (const word of ['the ', 'last ', 'words']) stream.write(word)
  stream.end()
  await connect({ socket, input: new PassThrough() }, { stream, tty: false, detachKeys: parseDetachKeys('') }, new AbortController().signal)
  expect(received.join('')).toBe('the last words')
})
