import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { digestOf } from '@ct/image'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RegistryEvent } from '../../src/operations/registry-event.ts'
import { Webhooks } from '../../src/operations/webhooks.ts'

let received: { readonly headers: IncomingHttpHeaders; readonly body: string }[]
let statuses: number[]
let receiver: { readonly url: URL; close(): void }
let errors: string[]
const onError = (error: unknown): void => void errors.push(String(error))
const event = (repository: string, action: RegistryEvent['action'] = 'push'): RegistryEvent => ({
  action,
  repository,
  digest: digestOf('manifest'),
  tag: 'v1',
})

beforeEach(async () => {
  received = []
  statuses = []
  errors = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() })
    response.writeHead(statuses.shift() ?? 204, { location: '/elsewhere' }).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const url = new URL(`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/hook`)
  receiver = { url, close: () => server.close().closeAllConnections() }
})
afterEach(() => receiver.close())

const repositories = (): string[] => received.map(({ body }) => (JSON.parse(body) as RegistryEvent).repository)

describe('webhooks', () => {
  it('tell of pushes and deletions, signed, in order', async () => {
    await using hooks = new Webhooks([{ url: receiver.url, secret: 'between us' }], { onError })
    for (const name of ['a', 'b', 'c']) hooks.send(event(name))
    hooks.send(event('d', 'pull'))
    hooks.send(event('e', 'delete'))
    await expect.poll(repositories).toEqual(['a', 'b', 'c', 'e'])
    const [{ headers, body } = { headers: {}, body: '' }] = received
    expect(headers['x-ct-signature-256']).toBe(`sha256=${createHmac('sha256', 'between us').update(body).digest('hex')}`)
    expect(JSON.parse(body)).toMatchObject({ action: 'push', repository: 'a', digest: digestOf('manifest'), tag: 'v1' })
  })

  it('lose no event that comes just as the last one has ended', async () => {
    statuses = [500]
    const late = (): void => void Promise.resolve().then(() => hooks.send(event('late')))
    await using hooks = new Webhooks([{ url: receiver.url }], { onError: late, pausesMs: [] })
    hooks.send(event('first'))
    await expect.poll(repositories).toEqual(['first', 'late'])
  })

  it('are tried again, and after the last time told as an error without secrets, and the next event goes on', async () => {
    statuses = [500, 503, 500, 204]
    const url = new URL(receiver.url)
    url.searchParams.set('key', 'hidden')
    await using hooks = new Webhooks([{ url }], { onError, pausesMs: [1, 1] })
    hooks.send(event('a'))
    hooks.send(event('b'))
    await expect.poll(repositories).toEqual(['a', 'a', 'a', 'b'])
    expect(errors).toEqual([`Error: ${url.origin} answered an event with 500`])
  })

  it('follow no redirect', async () => {
    statuses = [307]
    await using hooks = new Webhooks([{ url: receiver.url }], { onError, pausesMs: [] })
    hooks.send(event('a'))
    await expect.poll(() => errors.length).toBe(1)
    expect(received).toHaveLength(1)
  })

  it('that nobody takes fill no memory, and end with the registry', async () => {
    receiver.close()
    const hooks = new Webhooks([{ url: receiver.url }], { onError, pausesMs: [60_000] })
    for (let count = 0; count < 1005; count++) hooks.send(event('a'))
    expect(errors.filter((error) => error.includes('is dropped')).length).toBeGreaterThan(0)
    await hooks[Symbol.asyncDispose]()
  })
})
