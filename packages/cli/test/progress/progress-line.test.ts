import { describe, expect, it } from 'vitest'
import { progressLine } from '../../src/progress/progress-line.ts'

describe('progressLine', () => {
  it.each([
    [{ id: 'abc', status: 'Pull complete' }, 40, 'abc: Pull complete'],
    [{ id: '', status: 'Digest: sha256:1' }, 40, 'Digest: sha256:1'],
    [{ id: 'abc', status: 'Waiting' }, 8, 'abc: Wai'],
    [{ id: 'abc', status: 'Downloading', current: 0, total: 1000 }, 60, 'abc: Downloading [                                 ]  0B/1kB'],
    [{ id: 'abc', status: 'Downloading', current: 500, total: 1000 }, 50, 'abc: Downloading [==========>          ]  500B/1kB'],
    [{ id: 'abc', status: 'Downloading', current: 1000, total: 1000 }, 50, 'abc: Downloading [======================]  1kB/1kB'],
    [
      { id: 'abc', status: 'Downloading', current: 500, total: 1000, rate: 2_500_000 },
      50,
      'abc: Downloading [=====>      ]  500B/1kB  2.5MB/s',
    ],
    [{ id: 'abc', status: 'Downloading', current: 500, total: 1000 }, 30, 'abc: Downloading 500B/1kB'],
    [{ id: 'abc', status: 'Extracting', current: 500 }, 60, 'abc: Extracting   500B'],
  ])('%j in %d columns', (state, columns, expected) => {
    const line = progressLine(state, columns)
    expect(line.length).toBeLessThanOrEqual(columns)
    expect(line).toBe(expected)
  })
})
