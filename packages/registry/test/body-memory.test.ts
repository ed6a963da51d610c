import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { BodyMemory } from '../src/body-memory.ts'
import { answerError, asDistributionError } from '../src/error-answer.ts'
import { readBody } from '../src/read-body.ts'
import { errorCodeOf } from './error-code.ts'

describe('the memory for bodies', () => {
  it('is bounded for all together, and comes back', () => {
    const memory = new BodyMemory({ mostBytes: 10 })
    using one = memory.open()
    one.take(6)
    {
      using two = memory.open()
      two.take(4)
      expect(() => one.take(1)).toThrow('too many manifests')
    }
    one.take(4)
    expect(() => one.take(1)).toThrow('too many manifests')
  })

  it('is not used up for long by those who never end', async () => {
    const memory = new BodyMemory({ mostBytes: 10 })
    const server = createServer(async (incoming, response) => {
      using held = memory.open()
      try {
        response.end(await readBody(incoming, { what: 'a body', maxBytes: 10, held }))
      } catch (error) {
        answerError(incoming, response, asDistributionError(error, incoming.method))
      }
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const hanging = request({ host: '127.0.0.1', port, method: 'PUT', agent: false })
    hanging.on('error', () => undefined).write('8 bytes.')
    const push = () => fetch(`http://127.0.0.1:${port}/`, { method: 'PUT', body: 'small' })
    await expect.poll(async () => errorCodeOf(await push()).catch(() => 'none')).toBe('TOOMANYREQUESTS')
    hanging.destroy()
    await expect.poll(async () => (await push()).status).toBe(200)
    server.closeAllConnections()
    server.close()
  })
})
