import { once } from 'node:events'
import { createConnection, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DeferredStream } from '../../src/containers/deferred-stream.ts'
import { collected } from '../busybox-image.ts'

const path = join(tmpdir(), `ct-deferred-${process.pid}.sock`)
const server = createServer({ allowHalfOpen: true })
let near: Socket
let far: Socket
beforeEach(async () => {
  server.listen(path)
  const connected = once(server, 'connection')
  near = createConnection({ path, allowHalfOpen: true })
  ;[far] = (await connected) as [Socket]
})
afterEach(async () => {
  near.destroy()
  far.destroy()
  server.close()
  await once(server, 'close')
})

const text = async (stream: AsyncIterable<unknown>): Promise<string> => Buffer.concat((await collected(stream)) as Buffer[]).toString()

describe('DeferredStream', () => {
  it('carries what was written, and its end, once it is connected', async () => {
    const stream = new DeferredStream()
    stream.write('early ')
    stream.end('words')
    stream.connect(near)
    const heard: Buffer[] = []
    far.on('data', (chunk) => heard.push(chunk))
    await once(far, 'end')
    expect(Buffer.concat(heard).toString()).toBe('early words')
    far.end('answer')
    expect(await text(stream)).toBe('answer')
  })

  it('gives its history first', async () => {
    const stream = new DeferredStream([Buffer.from('before ')])
    stream.connect(near)
    far.end('after')
    expect(await text(stream)).toBe('before after')
  })

  it('holds a fast process back for a slow reader', async () => {
    const stream = new DeferredStream()
    stream.connect(near)
    const chunk = Buffer.alloc(1024 * 1024)
    for (let index = 0; index < 16; index += 1) far.write(chunk)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(far.writableLength).toBeGreaterThan(8 * 1024 * 1024)
    far.end()
    expect((await text(stream)).length).toBe(16 * 1024 * 1024)
  })

  it('ends only after what it was told to wait for', async () => {
    let release = (): void => undefined
    const beforeEnd = new Promise<void>((resolve) => {
      release = resolve
    })
    const stream = new DeferredStream()
    stream.connect(near, { beforeEnd })
    far.end('all')
    const read = text(stream)
    const first = await Promise.race([read, new Promise((resolve) => setTimeout(resolve, 30, 'still open'))])
    expect(first).toBe('still open')
    release()
    expect(await read).toBe('all')
  })

  it('ends, and takes what is written, when there will be no process', async () => {
    const stream = new DeferredStream()
    stream.write('lost')
    stream.cancel()
    expect(await text(stream)).toBe('')
  })

  it('closes the connection when it is destroyed, also before that is made', async () => {
    const stream = new DeferredStream()
    stream.destroy()
    stream.connect(near)
    expect(near.destroyed).toBe(true)
  })
})
