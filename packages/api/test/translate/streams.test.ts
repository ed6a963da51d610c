import type { EngineEvent, LogLine } from '@ct/engine'
import { describe, expect, it } from 'vitest'
import { eventMessageOf } from '../../src/translate/event.ts'
import { checkFilters } from '../../src/translate/filters.ts'
import { logFrames } from '../../src/translate/log-frames.ts'
import { terminalSize } from '../../src/translate/terminal-size.ts'
import { nanoseconds, unixSeconds } from '../../src/translate/time.ts'

describe('an event', () => {
  const event: EngineEvent = {
    type: 'container',
    action: 'die',
    id: 'abc',
    attributes: { image: 'x', exitCode: '3' },
    timeNs: 1_714_979_289_123_456_789n,
  }

  it('has the fields of today and those of old clients', () => {
    expect(JSON.parse(JSON.stringify(eventMessageOf(event)))).toEqual({
      status: 'die',
      id: 'abc',
      from: 'x',
      Type: 'container',
      Action: 'die',
      Actor: { ID: 'abc', Attributes: { image: 'x', exitCode: '3' } },
      scope: 'local',
      time: 1_714_979_289,
      timeNano: Number(1_714_979_289_123_456_789n),
    })
  })

  it('of a volume has only the former', () => {
    expect(eventMessageOf({ ...event, type: 'volume' })).not.toHaveProperty('status')
  })
})

describe('log lines', () => {
  const lines: LogLine[] = [
    { stream: 'stdout', timeNs: 1n, timeText: '2024-05-06T07:08:09.000000001Z', line: Buffer.from('one\n') },
    { stream: 'stderr', timeNs: 2n, timeText: '2024-05-06T07:08:09.000000002Z', line: Buffer.from('two\n') },
  ]
  async function* source(): AsyncGenerator<LogLine> {
    yield* lines
  }

  it.each([
    [{ tty: true, timestamps: false }, 'one\ntwo\n'],
    [{ tty: false, timestamps: false }, '\x01\0\0\0\0\0\0\x04one\n\x02\0\0\0\0\0\0\x04two\n'],
    [{ tty: true, timestamps: true }, '2024-05-06T07:08:09.000000001Z one\n2024-05-06T07:08:09.000000002Z two\n'],
    [{ tty: true, timestamps: false, details: 'a=b' }, 'a=b one\na=b two\n'],
  ])('as %j', async (format, text) => {
    const chunks: Uint8Array[] = []
    for await (const chunk of logFrames(source(), format)) chunks.push(chunk)
    expect(Buffer.concat(chunks).toString()).toBe(text)
  })
})

describe('small words', () => {
  it.each([
    [undefined, undefined],
    ['0', undefined],
    ['1', 1_000_000_000n],
    ['1714979289.5', 1_714_979_289_500_000_000n],
    ['1714979289.123456789', 1_714_979_289_123_456_789n],
    ['1714979289.1234567899', 1_714_979_289_123_456_789n],
  ])('the time %s', (text, value) => {
    expect(nanoseconds(text)).toBe(value)
  })

  it.each([
    ['2024-05-06T07:08:09.999999999Z', 1_714_979_289],
    ['0001-01-01T00:00:00Z', -62_135_596_800],
  ])('the date %s', (text, seconds) => {
    expect(unixSeconds(text)).toBe(seconds)
  })

  it('a terminal has a height and a width: API_BAD_REQUEST', () => {
    expect(terminalSize({ h: 24, w: 80 })).toEqual({ rows: 24, columns: 80 })
    for (const size of [{}, { h: 1 }, { h: -1, w: 1 }, { h: 1, w: 70_000 }]) {
      expect(() => terminalSize(size)).toThrow(expect.objectContaining({ code: 'API_BAD_REQUEST' }))
    }
  })

  it('a filter must be known: API_BAD_REQUEST', () => {
    expect(checkFilters({ name: ['x'], scope: ['local'] }, ['name'], ['scope'])).toEqual({ name: ['x'] })
    expect(() => checkFilters({ x: [] }, ['name'])).toThrow(
      expect.objectContaining({ code: 'API_BAD_REQUEST', message: "invalid filter 'x'" }),
    )
  })
})
