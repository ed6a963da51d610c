import { digestOf } from '@ct/image'
import { describe, expect, it } from 'vitest'
import type { Gatekeeper } from '../../src/access/gatekeeper.ts'
import { RequestRates } from '../../src/access/user-limits.ts'
import { errorCodeOf } from '../error-code.ts'
import { registryOnLoopback } from '../registry-on-loopback.ts'

/** Takes what a request calls itself for its user. */
const anybody: Gatekeeper = { admit: async (authorization) => ({ user: authorization, may: () => true }) }
const as = (authorization: string) => ({ headers: { authorization } })

describe('requests of one user', () => {
  it('are answered with 429 and a time to come again when there are too many, and others are not', async () => {
    await using registry = await registryOnLoopback({ gatekeeper: anybody, userLimits: { requestsPerSecond: 0.1, burst: 2 } })
    const statuses: number[] = []
    for (let count = 0; count < 2; count++) statuses.push((await registry.call('GET', '/v2/', as('alice'))).status)
    expect(statuses).toEqual([200, 200])
    const refused = await registry.call('GET', '/v2/', as('alice'))
    expect([refused.status, await errorCodeOf(refused)]).toEqual([429, 'TOOMANYREQUESTS'])
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await registry.call('GET', '/v2/', as('bob'))).status).toBe(200)
    expect((await registry.call('GET', '/v2/')).status).toBe(200)
  })

  it('may be as many again as time has passed', () => {
    const rates = new RequestRates({ requestsPerSecond: 2, burst: 3 })
    const spend = (atMs: number): string => {
      try {
        rates.spend('alice', atMs)
        return 'ok'
      } catch (error) {
        return (error as { headers: Record<string, string> }).headers['retry-after'] ?? ''
      }
    }
    expect([0, 0, 0, 0].map(spend)).toEqual(['ok', 'ok', 'ok', '1'])
    expect([499, 500, 501].map(spend)).toEqual(['1', 'ok', '1'])
    expect([60_000, 60_000, 60_000, 60_000].map(spend)).toEqual(['ok', 'ok', 'ok', '1'])
  })

  it('do not make it remember everybody for good', () => {
    const rates = new RequestRates({ requestsPerSecond: 0.001, burst: 1 })
    rates.spend('alice', 0)
    for (let index = 0; index < 10_000; index++) rates.spend(`other ${index}`, 0)
    expect(() => rates.spend('other 9999', 0)).toThrow('more requests')
    rates.spend('alice', 0)
  })
})

describe('uploads of one user', () => {
  it('are answered with 429 when too many are under way, until one ends', async () => {
    await using registry = await registryOnLoopback({ gatekeeper: anybody, userLimits: { uploads: 2 } })
    const start = (user: string) => registry.call('POST', '/v2/team/app/blobs/uploads/', as(user))
    const [first] = [await start('alice'), await start('alice')]
    const refused = await start('alice')
    expect([refused.status, await errorCodeOf(refused), refused.headers.get('retry-after')]).toEqual([429, 'TOOMANYREQUESTS', '5'])
    const whole = await registry.call('POST', `/v2/team/app/blobs/uploads/?digest=${digestOf('x')}`, { ...as('alice'), body: 'x' })
    expect(whole.status).toBe(429)
    expect((await start('bob')).status).toBe(202)
    await registry.call('DELETE', first?.headers.get('location') ?? '', as('alice'))
    expect((await start('alice')).status).toBe(202)
  })

  it('that begin at the same moment are counted, too', async () => {
    await using registry = await registryOnLoopback({ userLimits: { uploads: 3 } })
    const answers = await Promise.all(Array.from({ length: 8 }, () => registry.call('POST', '/v2/team/app/blobs/uploads/')))
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(3)
  })
})
