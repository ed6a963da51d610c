import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LogOptions } from '../../src/logs/log-line.ts'
import { type LogWriter, readLog } from '../../src/logs/read-log.ts'

let root = ''
let path = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ct-log-'))
  path = join(root, 'json.log')
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const record = (index: number, stream = 'stdout'): string =>
  `${JSON.stringify({ log: `line ${index}\n`, stream, time: `2024-01-01T00:00:00.${String(index).padStart(9, '0')}Z` })}\n`

/** A container that the test ends. */
class Writer implements LogWriter {
  #live = true
  readonly #listeners = new Set<() => void>()

  isLive(): boolean {
    return this.#live
  }

  onEnd(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  end(): void {
    this.#live = false
    for (const listener of this.#listeners) listener()
  }
}

async function read(options: LogOptions = {}, writer = new Writer()): Promise<string[]> {
  const lines: string[] = []
  for await (const { line } of readLog(path, writer, options)) lines.push(Buffer.from(line).toString().trimEnd())
  return lines
}

const numbered = (first: number, last: number): string[] => Array.from({ length: last - first + 1 }, (_, index) => `line ${first + index}`)

describe('readLog', () => {
  it.each([
    ['everything', {}, numbered(1, 5)],
    ['the last lines', { tail: 2 }, numbered(4, 5)],
    ['no line', { tail: 0 }, []],
    ['more lines than there are', { tail: 99 }, numbered(1, 5)],
    ['lines since a time', { sinceNs: 1_704_067_200_000_000_003n }, numbered(3, 5)],
    ['lines until a time', { untilNs: 1_704_067_200_000_000_002n }, numbered(1, 2)],
    ['stderr', { stdout: false }, ['line 3']],
    ['stdout', { stderr: false }, ['line 1', 'line 2', 'line 4', 'line 5']],
  ])('gives %s', async (_name, options, expected) => {
    writeFileSync(path, [1, 2, 3, 4, 5].map((index) => record(index, index === 3 ? 'stderr' : 'stdout')).join(''))
    expect(await read(options)).toEqual(expected)
  })

  it('is empty when there is no file', async () => {
    expect(await read()).toEqual([])
  })

  it('passes over a line that was cut off, and leaves an unfinished one', async () => {
    writeFileSync(path, `${record(1)}{"log":"half\n${record(2)}{"log":"unfin`)
    expect(await read()).toEqual(['line 1', 'line 2'])
  })

  it('finds the tail of a large log', async () => {
    writeFileSync(path, Array.from({ length: 20_000 }, (_, index) => record(index)).join(''))
    expect(await read({ tail: 1500 })).toEqual(numbered(18_500, 19_999))
  })

  it('follows until the writer has ended, and loses nothing at the end', async () => {
    const writer = new Writer()
    writeFileSync(path, record(1))
    const reading = read({ follow: true }, writer)
    for (let index = 2; index <= 50; index += 1) {
      const text = record(index)
      appendFileSync(path, text.slice(0, 20))
      if (index % 10 === 0) await sleep(5)
      appendFileSync(path, text.slice(20))
    }
    writer.end()
    expect(await reading).toEqual(numbered(1, 50))
  })

  it("ends with the signal's reason", async () => {
    writeFileSync(path, record(1))
    const controller = new AbortController()
    const reading = read({ follow: true, signal: controller.signal })
    setTimeout(() => controller.abort(new Error('enough')), 20)
    await expect(reading).rejects.toThrow('enough')
  })
})
