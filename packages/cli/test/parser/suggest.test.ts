import { describe, expect, it } from 'vitest'
import { nearest } from '../../src/parser/suggest.ts'

describe('nearest', () => {
  it.each([
    ['rnu', 'run'],
    ['runn', 'run'],
    ['imagse', 'images'],
    ['volum', 'volume'],
    ['ins', 'inspect'],
    ['p', 'ps'],
    ['xyzzy', undefined],
  ])('%s means %s', (typed, expected) => {
    expect(nearest(typed, ['run', 'ps', 'images', 'inspect', 'volume'])).toBe(expected)
  })
})
