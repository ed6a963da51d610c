import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type Client, createClient } from '../../src/client/client.ts'
import { containerAttach } from '../../src/endpoints/container-attach.ts'
import { containerStart } from '../../src/endpoints/container-start.ts'
import { containerWait } from '../../src/endpoints/container-wait.ts'
import { imageSave } from '../../src/endpoints/image-save.ts'
import { systemEvents } from '../../src/endpoints/system-events.ts'
import { systemInfo } from '../../src/endpoints/system-info.ts'
import { systemVersion } from '../../src/endpoints/system-version.ts'

const open: Server[] = []
afterEach(() => {
  for (const server of open.splice(0)) server.close().closeAllConnections()
})

const seen: string[] = []

/** A daemon of the given version that answers as it is told. */
async function daemon(apiVersion: string, answer: RequestListener): Promise<Client> {
  seen.length = 0
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`)
    response.setHeader('Api-Version', apiVersion)
    if (request.url === '/_ping') response.end()
    else answer(request, response)
  })
  open.push(server)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return createClient({ host: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}` })
}

describe('a client', () => {
  it.each([
    ['1.41', '1.41'],
    ['1.51', '1.51'],
    ['1.55', '1.51'],
    ['1.9', '1.9'],
  ])('speaks with a daemon of %s version %s', async (theirs, spoken) => {
    const client = await daemon(theirs, (_request, response) => response.end('{}'))
    await client.call(systemInfo)
    expect(seen).toEqual(['HEAD /_ping', `GET /v${spoken}/info`])
    expect(await client.apiVersion()).toBe(spoken)
  })

  it('does not ask for the version where it makes no difference, and learns it on the way', async () => {
    const client = await daemon('1.44', (_request, response) => response.end('{}'))
    await client.call(systemVersion)
    await client.call(systemInfo)
    expect(seen).toEqual(['GET /version', 'GET /v1.44/info'])
  })

  it.each([
    [404, '{"message":"No such container: x"}\n', 'not-found', 'No such container: x'],
    [409, 'plain words', 'conflict', 'plain words'],
    [500, '', 'internal', '500 Internal Server Error'],
    [401, '{"cause":"x"}', 'unauthorized', '{"cause":"x"}'],
    [503, '{"message":"swarm"}', 'unavailable', 'swarm'],
    [418, '{"message":"tea"}', 'invalid', 'tea'],
  ])('maps a status of %i', async (status, body, kind, message) => {
    const client = await daemon('1.51', (_request, response) => response.writeHead(status).end(body))
    await expect(client.call(systemInfo)).rejects.toMatchObject({ code: 'API_REFUSED', status, kind, message })
  })

  it('reads the code and the hint that our own daemon adds', async () => {
    const body = '{"message":"no","ctCode":"ENGINE_NO_IMAGE","hint":"pull it"}'
    const client = await daemon('1.51', (_request, response) => response.writeHead(404).end(body))
    await expect(client.call(systemInfo)).rejects.toMatchObject({ code: 'API_REFUSED', ctCode: 'ENGINE_NO_IMAGE', hint: 'pull it' })
  })

  it('takes 304 for success', async () => {
    const client = await daemon('1.51', (_request, response) => response.writeHead(304).end())
    let status = 0
    await client.call(containerStart, { params: { id: 'x' }, onOpen: (head) => (status = head.status) })
    expect(status).toBe(304)
  })

  it('tells when a wait was taken, and rejects with the reason of its signal', async () => {
    const client = await daemon('1.51', (_request, response) => response.flushHeaders())
    const controller = new AbortController()
    const reason = new Error('enough')
    const wait = client.call(containerWait, { params: { id: 'x' }, signal: controller.signal, onOpen: () => controller.abort(reason) })
    await expect(wait).rejects.toBe(reason)
    await expect(client.call(systemInfo, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })

  it('closes the connection of a stream that is left early', async () => {
    let closed = false
    const client = await daemon('1.51', (_request, response) => {
      response.once('close', () => {
        closed = true
      })
      response.write('{"Type":"container"}\n')
    })
    for await (const event of client.stream(systemEvents)) {
      expect(event.Type).toBe('container')
      break
    }
    await expect.poll(() => closed).toBe(true)
  })

  it('does not take half an archive for a whole one', async () => {
    const client = await daemon('1.51', (_request, response) => {
      response.write('half')
      setTimeout(() => response.destroy(), 20)
    })
    const read = async (): Promise<void> => {
      for await (const _chunk of client.download(imageSave, { params: { name: 'x' } }));
    }
    await expect(read()).rejects.toMatchObject({ code: 'API_CONNECTION_LOST', kind: 'unavailable' })
  })

  it('knows a daemon that does not hand the connection over', async () => {
    const client = await daemon('1.51', (_request, response) => response.end('{}'))
    await expect(client.hijack(containerAttach, { params: { id: 'x' } })).rejects.toMatchObject({ code: 'API_BAD_ANSWER', status: 200 })
  })

  it('knows an answer that is none', async () => {
    const client = await daemon('1.51', (_request, response) => response.end('<html>'))
    await expect(client.call(systemInfo)).rejects.toMatchObject({ code: 'API_BAD_ANSWER' })
  })

  it('sends again what met a connection that the daemon had closed', async () => {
    let first = true
    const client = await daemon('1.51', (request, response) => {
      if (first) response.end('{}')
      else if (request.socket.bytesRead > 400) request.socket.destroy()
      else response.end('{"ID":"again"}')
    })
    await client.call(systemInfo)
    first = false
    for (let n = 0; n < 5; n++) expect(await client.call(systemInfo)).toBeDefined()
  })

  it.each(['unix:///nonexistent/ct.sock', 'tcp://127.0.0.1:1'])('says that nobody listens on %s', async (host) => {
    await expect(createClient({ host }).call(systemVersion)).rejects.toMatchObject({
      code: 'API_UNREACHABLE',
      kind: 'unavailable',
      hint: 'is the daemon running?',
    })
  })
})
