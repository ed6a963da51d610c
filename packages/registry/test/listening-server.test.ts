import { existsSync } from 'node:fs'
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { get, type RequestOptions } from 'node:https'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ListeningServer, type ListeningServerOptions } from '../src/listening-server.ts'
import { TestAuthority } from './tls-fixture.ts'

const start = (
  options: Partial<ListeningServerOptions> = {},
  listener = (_request: unknown, response: { end(text: string): void }) => response.end('ok'),
) => ListeningServer.start(listener as never, { host: '127.0.0.1', port: 0, onError: () => undefined, ...options })

/** Sends bytes as they are and gives all that comes back before the end. */
function talk(url: string, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(bytes))
    socket.on('data', (chunk) => chunks.push(chunk)).on('error', () => undefined)
    socket.on('close', () => resolve(Buffer.concat(chunks).toString()))
  })
}

describe('what cannot be read as a request', () => {
  it.each([
    ['headers without end', `GET /v2/ HTTP/1.1\r\nx: ${'y'.repeat(40_000)}`, 431, 'SIZE_INVALID'],
    ['a header in pieces that never ends', 'GET /v2/ HTTP/1.1\r\nx: y', 408, 'UNSUPPORTED'],
    ['nonsense', 'hello\r\n\r\n', 400, 'UNSUPPORTED'],
    ['two lengths', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx', 400, 'UNSUPPORTED'],
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
      'UNSUPPORTED',
    ],
  ])('is answered with the error body of the spec: %s', async (_what, bytes, status, code) => {
    const server = await start({ limits: { headersMs: 200, checkMs: 50 } })
    const answer = await talk(server.url, bytes)
    expect(answer).toContain(`HTTP/1.1 ${status} `)
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject({ errors: [{ code }] })
    await server.close(0)
  })

  it('a body that stops coming is given up', async () => {
    const server = await start({ limits: { idleMs: 100 } }, ((request: AsyncIterable<unknown>) => void drain(request)) as never)
    expect(await talk(server.url, 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nx')).toBe('')
    await server.close(0)
  })
})

async function drain(body: AsyncIterable<unknown>): Promise<void> {
  try {
    for await (const _ of body);
  } catch {
    // The connection is gone: that is what the test wants.
  }
}

it('closing waits for a request under way, but not for longer than it may', async () => {
  const server = await start({}, (() => undefined) as never)
  const answer = fetch(server.url).catch(() => 'gone')
  await new Promise((resolve) => setTimeout(resolve, 50))
  await server.close(100)
  expect(await answer).toBe('gone')
})

describe.skipIf(!existsSync('/usr/bin/openssl'))('TLS', () => {
  let directory: string
  let authority: TestAuthority
  let strangers: TestAuthority
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ct-tls-'))
    authority = new TestAuthority(directory, 'ours')
    strangers = new TestAuthority(directory, 'strangers')
  })
  afterAll(() => rm(directory, { recursive: true }))

  /** The name in the certificate of a server, if it answers. */
  function nameOf(url: string, options: RequestOptions = {}): Promise<string> {
    return new Promise((resolve, reject) => {
      const request = get(url, { ca: authority.pem, agent: false, ...options }, (response) => {
        response.resume()
        resolve(String((response.socket as TLSSocket).getPeerCertificate().subject.CN))
      })
      request.on('error', reject)
    })
  }

  it('serves the new certificate when the files have changed, and the old one while they are broken', async () => {
    const tls = authority.certify('first')
    const errors: unknown[] = []
    const server = await start({ tls, limits: { checkMs: 20 }, onError: (error) => errors.push(error) })
    expect(await nameOf(server.url)).toBe('first')
    await writeFile(tls.certificatePath, 'broken')
    await expect.poll(() => errors.length).toBeGreaterThan(0)
    expect(await nameOf(server.url)).toBe('first')
    const second = authority.certify('second')
    await copyFile(second.keyPath, tls.keyPath)
    await copyFile(second.certificatePath, tls.certificatePath)
    await expect.poll(() => nameOf(server.url)).toBe('second')
    await server.close(0)
  })

  it('asks for a certificate of its authorities where it should', async () => {
    const server = await start({ tls: { ...authority.certify('mutual'), clientAuthoritiesPath: authority.path } })
    const show = async ({ certificatePath, keyPath }: { certificatePath: string; keyPath: string }) => ({
      cert: await readFile(certificatePath),
      key: await readFile(keyPath),
    })
    expect(await nameOf(server.url, await show(authority.certify('client')))).toBe('mutual')
    await expect(nameOf(server.url)).rejects.toThrow()
    await expect(nameOf(server.url, await show(strangers.certify('stranger')))).rejects.toThrow()
    await server.close(0)
  })

  it.each([
    ['no file', async () => ({ certificatePath: join(directory, 'none'), keyPath: join(directory, 'none') })],
    ['no pair', async () => ({ certificatePath: authority.certify('one').certificatePath, keyPath: authority.certify('two').keyPath })],
  ])('refuses to start with %s', async (_what, files) => {
    await expect(start({ tls: await files() })).rejects.toMatchObject({ code: 'DISTRIBUTION_BAD_TLS' })
  })
})
