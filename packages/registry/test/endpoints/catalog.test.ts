import { describe, expect, it } from 'vitest'
import { errorCodeOf } from '../error-code.ts'
import { pushImage, registryOnLoopback } from '../registry-on-loopback.ts'

describe('the catalog', () => {
  it('lists repositories in order, page by page', async () => {
    await using registry = await registryOnLoopback()
    for (const name of ['b/c', 'a', 'b']) await pushImage(registry, name, 'v1')
    expect(await (await registry.call('GET', '/v2/_catalog')).json()).toEqual({ repositories: ['a', 'b', 'b/c'] })
    const first = await registry.call('GET', '/v2/_catalog?n=2')
    expect([await first.json(), first.headers.get('link')]).toEqual([{ repositories: ['a', 'b'] }, '</v2/_catalog?n=2&last=b>; rel="next"'])
    expect(await (await registry.call('GET', '/v2/_catalog?n=2&last=b')).json()).toEqual({ repositories: ['b/c'] })
    expect(await (await registry.call('GET', '/v2/_catalog?n=0')).json()).toEqual({ repositories: [] })
  })

  it.each(['-1', 'x', '9999999', ''])('refuses a page of %j', async (n) => {
    await using registry = await registryOnLoopback()
    const answer = await registry.call('GET', `/v2/_catalog?n=${n}`)
    expect([answer.status, await errorCodeOf(answer)]).toEqual([400, 'UNSUPPORTED'])
  })
})
