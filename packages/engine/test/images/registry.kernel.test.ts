import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { MemoryStore } from '@ct/image'
import { createRegistry } from '@ct/registry'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { PullEvent, PushEvent } from '../../src/index.ts'
import { busyboxArchive } from '../busybox-image.ts'
import { TestEngine } from '../test-engine.ts'

let test: TestEngine
let server: Server
let name = ''
beforeEach(async () => {
  test = await TestEngine.start()
  server = createServer(createRegistry({ store: new MemoryStore() }))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  name = `localhost:${(server.address() as AddressInfo).port}/team/box`
})
afterEach(async () => {
  await test[Symbol.asyncDispose]()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

describe('a registry', () => {
  it('gets an image and gives it back, with progress, under the same digest', async () => {
    const { images } = test.engine
    await images.tag('busybox:test', `${name}:1`)
    const pushed: PushEvent[] = []
    await images.push(`${name}:1`, { onProgress: (event) => pushed.push(event) })
    const end = pushed.at(-1)
    expect(end).toMatchObject({ kind: 'pushed', reference: `${name}:1` })
    const digest = end?.kind === 'pushed' ? end.digest : ''
    expect((await images.get(`${name}:1`)).repoDigests).toEqual([`${name}@${digest}`])
    await images.remove((await images.get('busybox:test')).id, { force: true })

    const pulled: PullEvent[] = []
    const summary = await images.pull(`${name}:1`, { onProgress: (event) => pulled.push(event) })
    expect(summary.repoTags).toEqual([`${name}:1`])
    const states = pulled.flatMap((event) => (event.kind === 'layer' ? [event.state] : []))
    expect(states).toEqual(expect.arrayContaining(['waiting', 'downloading', 'downloaded', 'extracting', 'done']))
    expect(pulled.at(-1)).toEqual({ kind: 'pulled', reference: `${name}:1`, digest, upToDate: false })
    expect((await test.engine.containers.create({ image: `${name}@${digest}` })).imageId).toBe(summary.id)

    await images.pull(`${name}:1`, { onProgress: (event) => pulled.push(event) })
    expect(pulled.at(-1)).toMatchObject({ kind: 'pulled', upToDate: true })
  })

  it('that has no such image, or one for another machine, says so', async () => {
    const { images } = test.engine
    await expect(images.pull(`${name}:none`)).rejects.toMatchObject({ kind: 'not-found' })
    await images.load(busyboxArchive(`${name}:s390x`, {}, 's390x'))
    await images.push(`${name}:s390x`)
    await images.remove(`${name}:s390x`)
    await expect(images.pull(`${name}:s390x`)).rejects.toThrow(/s390x/)
    expect(await images.find(`${name}:s390x`)).toBeUndefined()
    await expect(images.push(`${name}:none`)).rejects.toMatchObject({ code: 'ENGINE_NO_IMAGE' })
  })

  it('is not asked when the caller has given up', async () => {
    await expect(test.engine.images.pull(`${name}:1`, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough')
    await expect(test.engine.images.pull(`${name}:1`, { credentials: { registryToken: 'x' } })).rejects.toMatchObject({
      code: 'ENGINE_UNSUPPORTED',
    })
  })
})
