import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Engine } from '@ct/engine'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createClient } from '../../src/client/client.ts'
import { pluginList } from '../../src/endpoints/plugin-list.ts'
import { systemPingHead } from '../../src/endpoints/system-ping-head.ts'
import { serve } from '../../src/server/serve.ts'

// The routes called here ask the engine nothing.
const engine = {} as Engine
let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ct-api-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

describe('serve', () => {
  it('opens a socket with mode 0660, answers, and removes it', async () => {
    const path = join(directory, 'ct.sock')
    const server = await serve(engine, { listen: [`unix://${path}`] })
    expect(server.addresses).toEqual([`unix://${path}`])
    expect(statSync(path).mode & 0o777).toBe(0o660)
    expect(readdirSync(directory)).toEqual(['ct.sock'])
    const client = createClient({ host: `unix://${path}` })
    expect(await client.call(pluginList)).toEqual([])
    expect(server.activity()).toMatchObject({ openRequests: 0, lastRequestAtMs: expect.any(Number) })
    await server.close()
    expect(readdirSync(directory)).toEqual([])
  })

  it('answers a ping with what clients look for in its headers', async () => {
    await using server = await serve(engine, { listen: ['tcp://127.0.0.1:0'] })
    const [address = ''] = server.addresses
    expect(address).toMatch(/^tcp:\/\/127\.0\.0\.1:[1-9]/)
    let headers: object = {}
    await createClient({ host: address }).call(systemPingHead, { onOpen: (head) => (headers = head.headers) })
    expect(headers).toMatchObject({
      'api-version': '1.51',
      ostype: 'linux',
      swarm: 'inactive',
      'docker-experimental': 'false',
      pragma: 'no-cache',
    })
    const response = await fetch(`${address.replace('tcp', 'http')}/_ping`)
    expect([response.headers.get('content-type'), await response.text()]).toEqual(['text/plain; charset=utf-8', 'OK'])
  })

  it('replaces a socket that was left behind', async () => {
    const path = join(directory, 'ct.sock')
    const crashed = createServer().listen(join(directory, 'crashed.sock'))
    await new Promise((resolve) => crashed.once('listening', resolve))
    // A daemon that is killed leaves its socket behind: the name stays and nobody answers.
    const { linkSync } = await import('node:fs')
    linkSync(join(directory, 'crashed.sock'), path)
    await new Promise((resolve) => crashed.close(resolve))
    expect(existsSync(path)).toBe(true)
    await using server = await serve(engine, { listen: [`unix://${path}`] })
    expect(await createClient({ host: server.addresses[0] ?? '' }).call(pluginList)).toEqual([])
  })

  it.each(['a daemon that answers', 'a file that is no socket'])('leaves alone %s: API_ADDRESS_IN_USE', async (what) => {
    const path = join(directory, 'ct.sock')
    const other = what.startsWith('a daemon') ? await serve(engine, { listen: [`unix://${path}`] }) : undefined
    if (other === undefined) writeFileSync(path, 'precious')
    await expect(serve(engine, { listen: ['tcp://127.0.0.1:0', `unix://${path}`] })).rejects.toMatchObject({
      code: 'API_ADDRESS_IN_USE',
      kind: 'conflict',
    })
    expect(readdirSync(directory)).toEqual(['ct.sock'])
    await other?.close()
  })

  it.each(['tcp://0.0.0.0:0', 'tcp://[::]:0', 'tcp://example.com:80', 'ftp://x', 'unix://relative', ''])(
    'refuses to listen on %j: API_BAD_ADDRESS',
    async (address) => {
      await expect(serve(engine, { listen: [address] })).rejects.toMatchObject({ code: 'API_BAD_ADDRESS' })
    },
  )

  it('closes in time although a client keeps its connection', async () => {
    const server = await serve(engine, { listen: [`unix://${join(directory, 'ct.sock')}`] })
    const client = createClient({ host: server.addresses[0] ?? '' })
    await client.call(pluginList)
    const start = performance.now()
    await server.close()
    expect(performance.now() - start).toBeLessThan(1000)
    await expect(client.call(pluginList)).rejects.toMatchObject({ code: 'API_UNREACHABLE' })
  })
})
