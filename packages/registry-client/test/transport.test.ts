import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { createRegistryClient, type RegistryClientOptions } from '../src/index.ts'
import { type Answer, oddServer, reply } from './odd-server.ts'

const quick = { attempts: 3, baseDelayMs: 1, maxDelayMs: 20 }

/** Pings a registry that answers in some way, and gives what it was asked. */
async function ping(answer: Answer, options: RegistryClientOptions = {}) {
  await using server = await oddServer(answer)
  await using client = createRegistryClient({ retry: quick, ...options })
  await client.ping(server.host)
  return server.asked.length
}

describe('a request that fails', () => {
  it.each<[string, Answer, number]>([
    ['500', (_, response, count) => reply(response, count < 3 ? 500 : 200), 3],
    ['429', (_, response, count) => reply(response, count < 2 ? 429 : 200, { 'retry-after': '0' }), 2],
    ['503 with a date', (_, response, count) => reply(response, count < 2 ? 503 : 200, { 'retry-after': new Date().toUTCString() }), 2],
    ['a connection cut', (_, response, count) => (count < 3 ? response.destroy() : reply(response, 200)), 3],
  ])('is made again after %s', async (_, answer, attempts) => {
    expect(await ping(answer)).toBe(attempts)
  })

  it('waits as long as the registry asks, but not longer than allowed', async () => {
    const before = performance.now()
    await ping((_, response, count) => reply(response, count < 2 ? 429 : 200, { 'retry-after': '3600' }), {
      retry: { ...quick, maxDelayMs: 300 },
    })
    expect(performance.now() - before).toBeGreaterThan(290)
    expect(performance.now() - before).toBeLessThan(3000)
  })

  it.each<[string, Answer, object]>([
    ['401 without a challenge', (_, response) => reply(response, 401), { code: 'REGISTRY_UNAUTHORIZED', kind: 'unauthorized' }],
    ['403', (_, response) => reply(response, 403), { code: 'REGISTRY_DENIED', kind: 'denied' }],
    ['404', (_, response) => reply(response, 404), { code: 'REGISTRY_NOT_FOUND', kind: 'not-found' }],
    ['418', (_, response) => reply(response, 418), { code: 'REGISTRY_REFUSED', kind: 'invalid' }],
    ['429 for ever', (_, response) => reply(response, 429), { code: 'REGISTRY_TOO_MANY_REQUESTS', kind: 'unavailable' }],
    ['502 for ever', (_, response) => reply(response, 502), { code: 'REGISTRY_SERVER_ERROR', kind: 'unavailable' }],
    ['204', (_, response) => reply(response, 204), { code: 'REGISTRY_PROTOCOL' }],
    ['a cut connection for ever', (_, response) => response.destroy(), { code: 'REGISTRY_UNREACHABLE', kind: 'unavailable' }],
  ])('tells what %s means', async (_, answer, error) => {
    await expect(ping(answer)).rejects.toMatchObject(error)
  })

  it("tells the registry's own words, printable and short", async () => {
    const text = JSON.stringify({ errors: [{ code: 'DENIED', message: `no\u001b[31m way${'!'.repeat(2000)}` }, { code: 'X' }, 7] })
    const error = await ping((_, response) => reply(response, 403, {}, text)).catch((reason: Error) => reason)
    expect(error).toMatchObject({ message: expect.stringContaining('403 Forbidden: DENIED no [31m way!!') })
    expect(String(error).length).toBeLessThan(800)
  })

  it('does not wait for an error without end', async () => {
    const endless: Answer = (_, response) => {
      response.writeHead(404)
      const timer = setInterval(() => response.write('x'.repeat(50_000)), 1)
      response.once('close', () => clearInterval(timer))
    }
    await expect(ping(endless)).rejects.toMatchObject({ code: 'REGISTRY_NOT_FOUND' })
  })

  it('gives up on a registry that does not answer in time', async () => {
    const silent = ping(() => undefined, { retry: { attempts: 1 }, timeouts: { headersMs: 100 } })
    await expect(silent).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE', message: expect.stringContaining('in time') })
  })

  it('says at once that nobody listens', async () => {
    await using server = await oddServer(() => undefined)
    await server[Symbol.asyncDispose]()
    await using client = createRegistryClient({ retry: { baseDelayMs: 60_000, maxDelayMs: 60_000 } })
    await expect(client.ping(server.host)).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE', hint: expect.stringContaining('runs') })
  })

  it('hints at plain HTTP when there is no TLS', async () => {
    const plain = ping((_, response) => reply(response, 200), { insecure: () => false })
    await expect(plain).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE', hint: expect.stringContaining('HTTP') })
  })

  it('recognises what is no HTTP', async () => {
    const server = createServer((socket) => socket.end('SSH-2.0-OpenSSH\r\n'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    await using client = createRegistryClient({ retry: quick })
    const host = `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
    await expect(client.ping(host)).rejects.toMatchObject({ code: 'REGISTRY_PROTOCOL', message: expect.stringContaining('HTTP') })
    server.close()
  })

  it.each<[string, Answer]>([
    ['an answer', () => undefined],
    ['the next attempt', (_, response) => reply(response, 503, { 'retry-after': '20' })],
  ])('stops waiting for %s when aborted', async (_, answer) => {
    await using server = await oddServer(answer)
    await using client = createRegistryClient()
    const controller = new AbortController()
    const pinging = client.ping(server.host, { signal: controller.signal })
    setTimeout(() => controller.abort(new Error('enough')), 50)
    await expect(pinging).rejects.toThrow('enough')
    server[Symbol.asyncDispose]()
  })
})

describe('a redirect', () => {
  const credentials = async () => ({ username: 'alice', password: 'secret' })
  const challenge = { 'www-authenticate': 'Basic realm="x"' }

  it('is followed to another origin, without the login', async () => {
    await using other = await oddServer((_, response) => reply(response, 200))
    await using home = await oddServer((request, response) =>
      request.headers.authorization === undefined
        ? reply(response, 401, challenge)
        : reply(response, 307, { location: `http://${other.host}/signed?key=1` }),
    )
    await using client = createRegistryClient({ credentials })
    await client.ping(home.host)
    expect(home.seen.at(-1)?.headers.authorization).toMatch(/^Basic /)
    expect(other.asked).toEqual(['GET /signed?key=1'])
    expect(other.seen[0]?.headers.authorization).toBeUndefined()
  })

  it('keeps the login on the same origin', async () => {
    await using home = await oddServer((request, response) => {
      if (request.headers.authorization === undefined) reply(response, 401, challenge)
      else if (request.url === '/v2/') reply(response, 302, { location: 'elsewhere' })
      else reply(response, 200)
    })
    await using client = createRegistryClient({ credentials })
    await client.ping(home.host)
    expect(home.asked).toEqual(['GET /v2/', 'GET /v2/', 'GET /v2/elsewhere'])
    expect(home.seen.at(-1)?.headers.authorization).toMatch(/^Basic /)
  })

  it('does not make another origin ask for the login', async () => {
    await using other = await oddServer((_, response) => reply(response, 401, challenge))
    await using home = await oddServer((_, response) => reply(response, 307, { location: `http://${other.host}/` }))
    await using client = createRegistryClient({ credentials })
    await expect(client.ping(home.host)).rejects.toMatchObject({ code: 'REGISTRY_UNAUTHORIZED' })
    expect(other.seen.every(({ headers }) => headers.authorization === undefined)).toBe(true)
  })

  it.each([
    ['plain HTTP of another machine', 'http://192.0.2.1/x'],
    ['a file', 'file:///etc/passwd'],
    ['nothing', 'http://'],
    ['itself', '/v2/'],
  ])('is not followed to %s', async (_, location) => {
    const refused = ping((_, response) => reply(response, 302, { location }))
    await expect(refused).rejects.toMatchObject({ code: 'REGISTRY_PROTOCOL' })
  })

  it('does not show the key of a signed address in an error', async () => {
    await using other = await oddServer((_, response) => reply(response, 404))
    const error = await ping((_, response) => reply(response, 307, { location: `http://${other.host}/blob?signature=hush` })).catch(
      (reason: Error) => reason,
    )
    expect(error).toMatchObject({ code: 'REGISTRY_NOT_FOUND' })
    expect(`${error}`).not.toContain('hush')
  })
})
