import { expect, it } from 'vitest'
import { chainId, chainIds, digestOf } from '../src/index.ts'

const [a, b, c] = [digestOf('a'), digestOf('b'), digestOf('c')] as const

it('chains diffIDs as the image spec says', () => {
  const ab = digestOf(`${a} ${b}`)
  expect(chainIds([a, b, c])).toEqual([a, ab, digestOf(`${ab} ${c}`)])
  expect(chainId([a])).toBe(a)
  expect(chainIds([])).toEqual([])
  expect(() => chainId([])).toThrow(TypeError)
})
