import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Engine } from '@ct/engine'
import { expect, it } from 'vitest'
import { createClient, serve, systemAuth } from '../../src/index.ts'

/** A registry that knows one user, and a client of a daemon that can ask it. */
async function startBoth() {
  const registry = createServer(({ headers, url }, response) => {
    const isKnown = headers.authorization === `Basic ${btoa('alice:secret')}`
    response.writeHead(isKnown && url === '/v2/' ? 200 : 401, { 'www-authenticate': 'Basic realm="test"' }).end()
  }).listen(0, '127.0.0.1')
  await once(registry, 'listening')
  const daemon = await serve({} as Engine, { listen: ['tcp://127.0.0.1:0'] })
  const client = createClient({ host: daemon.addresses[0] ?? '' })
  const close = async (): Promise<void> => {
    client.close()
    await daemon.close()
    registry.closeAllConnections()
    registry.close()
  }
  return { host: `127.0.0.1:${(registry.address() as AddressInfo).port}`, client, [Symbol.asyncDispose]: close }
}

it('A login is good when the registry accepts it, by whatever name the client knows the registry', async () => {
  await using both = await startBoth()
  for (const serveraddress of [both.host, `http://${both.host}/v1/`]) {
    const body = { username: 'alice', password: 'secret', serveraddress }
    expect(await both.client.call(systemAuth, { body })).toEqual({ Status: 'Login Succeeded', IdentityToken: '' })
  }
})

it.each([
  ['another password', { username: 'alice', password: 'wrong' }, 401, 'REGISTRY_UNAUTHORIZED'],
  ['no login at all', {}, 401, 'REGISTRY_UNAUTHORIZED'],
  ['a password that is no text', { password: 5 as unknown as string }, 400, 'API_BAD_REQUEST'],
])('A login with %s is refused, and the password is not told', async (_what, login, status, ctCode) => {
  await using both = await startBoth()
  const call = both.client.call(systemAuth, { body: { ...login, serveraddress: both.host } })
  await expect(call).rejects.toMatchObject({ code: 'API_REFUSED', status, ctCode, message: expect.not.stringContaining('wrong') })
})
