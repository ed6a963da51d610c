import { describe, expect, it } from 'vitest'
import type { EngineEvent } from '../../src/events/engine-event.ts'
import { EventBus } from '../../src/events/event-bus.ts'

const started = (id: string, attributes: Record<string, string> = {}) => ({ type: 'container', action: 'start', id, attributes }) as const

async function collect(source: AsyncIterable<EngineEvent>): Promise<string[]> {
  const ids: string[] = []
  for await (const { id } of source) ids.push(id)
  return ids
}

describe('EventBus', () => {
  it('hears from the moment of the call, in order, and ends with the bus', async () => {
    const bus = new EventBus()
    bus.emit(started('before'))
    const heard = bus.subscribe()
    bus.emit(started('a'))
    bus.emit(started('b'))
    bus.close()
    expect(await collect(heard)).toEqual(['a', 'b'])
  })

  it('gives remembered events from a time on', async () => {
    const bus = new EventBus()
    for (let index = 0; index < 1030; index += 1) bus.emit(started(String(index)))
    bus.close()
    const ids = await collect(bus.subscribe({ sinceNs: 0n }))
    expect(ids).toHaveLength(1024)
    expect(ids.at(-1)).toBe('1029')
  })

  it('ends by itself at a time that has come', async () => {
    const bus = new EventBus()
    bus.emit(started('a'))
    expect(await collect(bus.subscribe({ sinceNs: 0n, untilNs: BigInt(Date.now() + 20) * 1_000_000n }))).toEqual(['a'])
  })

  it("rejects with the signal's reason", async () => {
    const bus = new EventBus()
    const controller = new AbortController()
    const heard = collect(bus.subscribe({ signal: controller.signal }))
    controller.abort(new Error('enough'))
    await expect(heard).rejects.toThrow('enough')
  })

  it.each([
    [{ type: ['container'] }, true],
    [{ type: ['image'] }, false],
    [{ event: ['start'] }, true],
    [{ event: ['start', 'die'], type: ['image'] }, false],
    [{ container: ['abc'] }, true],
    [{ container: ['web'] }, true],
    [{ container: ['other'] }, false],
    [{ label: ['tier=front'] }, true],
    [{ label: ['tier=back'] }, false],
    [{ image: ['debian'] }, true],
    [{ unknown: ['x'] }, false],
  ])('filters by %j', async (filters, matches) => {
    const bus = new EventBus()
    const heard = bus.subscribe({ filters })
    bus.emit(started('abcdef', { name: 'web', tier: 'front', image: 'debian:12' }))
    bus.close()
    expect(await collect(heard)).toEqual(matches ? ['abcdef'] : [])
  })
})
