import { once } from 'node:events'
import { createServer, request as httpRequest, type Server } from 'node:http'
import { type AddressInfo, connect as netConnect, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import type { Engine } from '@ct/engine'
import { CtError } from '@ct/errors'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Endpoint } from '../../src/endpoint.ts'
import { JSON_BODY_LIMIT } from '../../src/server/body.ts'
import { parseDetachKeys } from '../../src/server/detach-keys.ts'
import { dispatch } from '../../src/server/dispatch.ts'
import { type Call, route } from '../../src/server/handler.ts'
import { createRouter } from '../../src/server/router.ts'

/** Upper-cases what it is told; `bye` ends it. */
function shouter(): Duplex {
  return new Duplex({
    read: () => undefined,
    write(chunk: Buffer, _encoding, done) {
      const text = chunk.toString()
      this.push(text.toUpperCase())
      if (text.includes('bye')) this.push(null)
      done()
    },
    final(done) {
      this.push('<EOF>')
      this.push(null)
      done()
    },
  })
}

const aborted: string[] = []
/** Lets `/wait` answer. */
let endWait: () => void = () => undefined
const echo = { method: 'POST', path: '/echo', summary: '', body: 'json', answer: 'json' } as const satisfies Endpoint
const shout = { method: 'POST', path: '/shout/{how}', summary: '', body: 'json', answer: 'hijack' } as const satisfies Endpoint
const attach = { method: 'POST', path: '/attach', summary: '', answer: 'hijack' } as const satisfies Endpoint
const count = { method: 'GET', path: '/count/{fate}', summary: '', answer: 'messages' } as const satisfies Endpoint
const bytes = { method: 'GET', path: '/bytes/{fate}', summary: '', answer: 'bytes' } as const satisfies Endpoint
const upload = { method: 'POST', path: '/upload', summary: '', body: 'bytes', answer: 'messages' } as const satisfies Endpoint
const detachKeys = parseDetachKeys('')
const wait = { method: 'POST', path: '/wait', summary: '', answer: 'json' } as const satisfies Endpoint
const fail = { method: 'GET', path: '/fail/{kind}', summary: '', answer: 'none' } as const satisfies Endpoint

const router = createRouter([
  route(echo, ({ json }) => ({ got: json ?? null }) as unknown as undefined),
  route(shout, ({ params }) => {
    if (params.how === 'detached') return undefined
    if (params.how === 'never') throw new CtError('TEST_NO', 'there is none', { kind: 'not-found' })
    return { stream: shouter(), tty: params.how === 'tty', detachKeys }
  }),
  route(attach, () => ({ stream: shouter(), tty: false, detachKeys })),
  route(upload, async function* ({ bytes: body }: Call<typeof upload>) {
    for await (const _ of body) throw new CtError('TEST_BAD', 'a bad archive', { kind: 'corrupt', hint: 'send another' })
    yield undefined
  }),
  route(count, async function* ({ params, signal }: Call<typeof count>) {
    for (let n = 1; n <= 3; n++) yield { n } as unknown as undefined
    if (params.fate === 'fails') throw new Error('lost count')
    if (params.fate === 'hangs') await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  }),
  route(bytes, ({ params, signal }) => ({ contentType: 'application/x-tar', body: endless(params.fate, signal) })),
  route(wait, async ({ open, signal }) => {
    open()
    await new Promise<void>((resolve) => {
      endWait = resolve
    })
    signal.throwIfAborted()
    return { StatusCode: 7 } as unknown as undefined
  }),
  route(fail, async ({ params: { kind } }) => {
    if (kind === 'bug') throw new TypeError('x is not a function')
    throw new CtError('TEST_FAILED', `failed as ${kind}`, { kind: kind as CtError['kind'] })
  }),
])

async function* endless(fate: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    for (let n = 0; fate === 'endless' || n < 64; n++) yield Buffer.alloc(65_536, n)
    if (fate === 'breaks') throw new Error('disk on fire')
  } finally {
    if (signal.aborted) aborted.push(fate)
  }
}

const log: string[] = []
let server: Server
let port = 0

beforeAll(async () => {
  const context = { engine: {} as Engine, router, underway: new Set<AbortController>(), onLog: (line: string) => void log.push(line) }
  server = createServer({ requireHostHeader: false }, (request, response) => void dispatch(context, request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
})
afterAll(() => {
  server.close()
  server.closeAllConnections()
})

const call = (path: string, init: RequestInit = {}): Promise<Response> => fetch(`http://127.0.0.1:${port}${path}`, init)

describe('answers', () => {
  it('are one JSON value and a line end', async () => {
    const response = await call('/v1.41/echo', { method: 'POST', body: '{"a":1}', headers: { 'content-type': 'application/json' } })
    expect(await response.text()).toBe('{"got":{"a":1}}\n')
    expect(response.headers.get('api-version')).toBe('1.51')
    expect(response.headers.get('ostype')).toBe('linux')
  })

  it.each([
    ['no body', {}, 200, '{"got":null}'],
    ['an empty body', { body: '', headers: { 'content-type': 'application/json' } }, 200, '{"got":null}'],
    [
      'another type',
      { body: 'x', headers: { 'content-type': 'text/plain' } },
      400,
      "unsupported Content-Type header (text/plain): must be 'application/json'",
    ],
    ['bad JSON', { body: '{', headers: { 'content-type': 'application/json; charset=utf-8' } }, 400, 'invalid JSON: '],
    ['too much JSON', { body: `"${'x'.repeat(JSON_BODY_LIMIT)}"`, headers: { 'content-type': 'application/json' } }, 400, 'larger than'],
  ])('to %s', async (_what, init, status, text) => {
    const response = await call('/echo', { method: 'POST', ...init })
    expect(response.status).toBe(status)
    expect(await response.text()).toContain(text)
  })

  it.each([
    ['invalid', 400],
    ['unauthorized', 401],
    ['denied', 403],
    ['not-found', 404],
    ['conflict', 409],
    ['internal', 500],
    ['corrupt', 500],
    ['exhausted', 500],
    ['unsupported', 501],
    ['unavailable', 503],
  ])('to an error of kind %s have status %i, its words and its code', async (kind, status) => {
    const response = await call(`/fail/${kind}`)
    expect(response.status).toBe(status)
    expect(await response.json()).toEqual({ message: `failed as ${kind}`, ctCode: 'TEST_FAILED' })
  })

  it.each([
    ['//', 404],
    ['http://[', 404],
    ['/../../echo', 404],
    ['http://docker/v1.41/count/ends?x=1', 200],
  ])('to %s, as it is sent, have status %i', async (target, status) => {
    const socket = netConnect({ port })
    const received = collect(socket)
    socket.write(`GET ${target} HTTP/1.1\r\nConnection: close\r\n\r\n`)
    await once(socket, 'close')
    expect(received.text).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  })

  it.each([
    ['Origin: https://evil.example\r\nHost: 127.0.0.1', 403],
    ['Origin: null', 403],
    ['Host: rebound.example:2375', 403],
    ['Host: 127.0.0.1.evil.example', 403],
    ['Host: 127.0.0.1:2375', 200],
    ['Host: [::1]:2375', 200],
    ['Host: localhost', 200],
    ['Host: docker', 200],
    ['Host: api.moby.localhost', 200],
    ['X-Nothing: 1', 200],
  ])('to a request with %j have status %i: pages in a browser are refused with API_DENIED_PAGE', async (headers, status) => {
    const socket = netConnect({ port })
    const received = collect(socket)
    socket.write(`GET /count/ends HTTP/1.1\r\n${headers}\r\nConnection: close\r\n\r\n`)
    await once(socket, 'close')
    expect(received.text).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(received.text.includes('API_DENIED_PAGE')).toBe(status === 403)
  })

  it('to an upload that fails early arrive while the client still sends', async () => {
    const response = await call('/upload', { method: 'POST', body: Buffer.alloc(16 << 20) })
    const failure = { message: 'a bad archive', ctCode: 'TEST_BAD', hint: 'send another' }
    expect(JSON.parse(await response.text())).toEqual({ errorDetail: failure, error: 'a bad archive' })
  })

  it('to "already so" are 304 without a body', async () => {
    const response = await call('/fail/not-modified')
    expect([response.status, await response.text()]).toEqual([304, ''])
  })

  it('to a bug are 500, logged, and the server lives on', async () => {
    expect(await (await call('/fail/bug')).json()).toEqual({ message: 'x is not a function' })
    expect(log).toContain('GET /fail/bug: x is not a function')
    expect((await call('/fail/conflict')).status).toBe(409)
  })

  it('that wait send their headers first', async () => {
    const request = httpRequest({ port, method: 'POST', path: '/wait' }).end()
    const [response] = await once(request, 'response')
    endWait()
    const [chunk] = await once(response, 'data')
    expect(String(chunk)).toBe('{"StatusCode":7}\n')
  })
})

describe('messages', () => {
  it('come one a line', async () => {
    expect(await (await call('/count/ends')).text()).toBe('{"n":1}\r\n{"n":2}\r\n{"n":3}\r\n')
  })

  it('end with the failure, as the status has been sent', async () => {
    const response = await call('/count/fails')
    expect(response.status).toBe(200)
    expect((await response.text()).split('\r\n')[3]).toBe('{"errorDetail":{"message":"lost count"},"error":"lost count"}')
  })

  it('stop when the client leaves', async () => {
    const leaving = new AbortController()
    const response = await call('/count/hangs', { signal: leaving.signal })
    const reader = response.body?.getReader()
    expect(String(await reader?.read().then(({ value }) => Buffer.from(value ?? [])))).toContain('{"n":1}')
    leaving.abort()
    await expect(reader?.read()).rejects.toThrow()
  })
})

describe('bytes', () => {
  it('arrive whole', async () => {
    const response = await call('/bytes/ends')
    expect(response.headers.get('content-type')).toBe('application/x-tar')
    expect((await response.arrayBuffer()).byteLength).toBe(64 * 65_536)
  })

  it('that break off break the connection, so that nobody takes them for whole', async () => {
    const response = await call('/bytes/breaks')
    await expect(response.arrayBuffer()).rejects.toThrow()
  })

  it('are not produced for a client that has left', async () => {
    const leaving = new AbortController()
    const response = await call('/bytes/endless', { signal: leaving.signal })
    await response.body?.getReader().read()
    leaving.abort()
    await expect.poll(() => aborted).toContain('endless')
  })
})

describe('hijacked connections', () => {
  const upgrade = 'Connection: Upgrade\r\nUpgrade: tcp\r\n'
  const json = (body: string): string => `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`

  it.each([
    [
      '101 and frames',
      `POST /v1.42/shout/plain HTTP/1.1\r\n${upgrade}${json('{}')}`,
      'HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.multiplexed-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n',
    ],
    [
      '101 and raw for a terminal',
      `POST /v1.42/shout/tty HTTP/1.1\r\n${upgrade}${json('{}')}`,
      'HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n',
    ],
    [
      '101 and raw before 1.42',
      `POST /v1.41/shout/plain HTTP/1.1\r\n${upgrade}${json('{}')}`,
      'HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n',
    ],
    [
      '101 for a bare Upgrade header',
      `POST /attach HTTP/1.1\r\nConnection: close\r\nUpgrade: tcp\r\n\r\n`,
      'HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.multiplexed-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n',
    ],
    [
      '200 without one',
      `POST /shout/plain HTTP/1.1\r\n${json('{}')}`,
      'HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n',
    ],
    ['200 without body', `POST /attach HTTP/1.1\r\n\r\n`, 'HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n'],
    [
      '101 without body',
      `POST /attach HTTP/1.1\r\n${upgrade}\r\n`,
      'HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.multiplexed-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n',
    ],
  ])('%s; then bytes both ways, and a half-close', async (_what, head, expected) => {
    const socket = netConnect({ port, allowHalfOpen: true })
    const received = collect(socket)
    socket.write(head)
    await expect.poll(() => received.text).toBe(expected)
    socket.write('hello ')
    await expect.poll(() => received.text).toBe(`${expected}HELLO `)
    socket.end('world')
    await once(socket, 'end')
    expect(received.text).toBe(`${expected}HELLO WORLD<EOF>`)
    socket.destroy()
  })

  it('carry large amounts', async () => {
    const socket = netConnect({ port, allowHalfOpen: true })
    let size = 0
    socket.on('data', (chunk) => {
      size += chunk.length
    })
    socket.write(`POST /attach HTTP/1.1\r\n${upgrade}\r\n`)
    await once(socket, 'data')
    const head = size
    for (let n = 0; n < 200; n++) if (!socket.write(Buffer.alloc(65_536, 'x'))) await once(socket, 'drain')
    socket.end()
    await once(socket, 'end')
    expect(size - head).toBe(200 * 65_536 + '<EOF>'.length)
  })

  it('take stdin as a chunked body from a client that does not upgrade', async () => {
    const request = httpRequest({ port, method: 'POST', path: '/attach', headers: { 'transfer-encoding': 'chunked' } })
    request.flushHeaders()
    const [response] = await once(request, 'response')
    request.end('chunk')
    const received = collect(response)
    await once(response, 'end')
    expect(received.text).toBe('CHUNK<EOF>')
  })

  it('end when the container ends', async () => {
    const socket = netConnect({ port })
    const received = collect(socket)
    socket.write(`POST /attach HTTP/1.1\r\n${upgrade}\r\n`)
    await expect.poll(() => received.text).toContain('UPGRADED')
    socket.write('bye')
    await once(socket, 'close')
    expect(received.text.endsWith('BYE')).toBe(true)
  })

  it('end at the detach keys of a terminal', async () => {
    const socket = netConnect({ port })
    const received = collect(socket)
    socket.write(`POST /shout/tty HTTP/1.1\r\n${upgrade}${json('{}')}`)
    await expect.poll(() => received.text).toContain('UPGRADED')
    socket.write('a\x10b')
    await expect.poll(() => received.text).toContain('A\x10B')
    socket.write('\x10')
    socket.write('\x11')
    await once(socket, 'close')
    expect(received.text.endsWith('A\x10B')).toBe(true)
  })

  it.each([
    ['never', 404, '{"message":"there is none","ctCode":"TEST_NO"}\n'],
    ['detached', 200, ''],
  ])('are not handed over for %s', async (how, status, text) => {
    const response = await call(`/shout/${how}`, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } })
    expect([response.status, await response.text()]).toEqual([status, text])
    const socket = netConnect({ port })
    const received = collect(socket)
    socket.write(`POST /shout/${how} HTTP/1.1\r\n${upgrade}${json('{}')}`)
    await once(socket, 'close')
    expect(received.text).toContain(`HTTP/1.1 ${status} `)
    expect(received.text.endsWith(`\r\n\r\n${text}`)).toBe(true)
  })
})

function collect(stream: Socket | NodeJS.ReadableStream): { text: string } {
  const received = { text: '' }
  stream.on('data', (chunk) => {
    received.text += String(chunk)
  })
  return received
}
