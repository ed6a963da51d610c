import { describe, expect, it } from 'vitest'
import { createDigester, digestAlgorithm, digestHex, digestOf, parseDigest } from '../src/index.ts'

const empty = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

describe('digests', () => {
  it('are computed over bytes, at once and in pieces', () => {
    expect(digestOf(new Uint8Array())).toBe(empty)
    const digester = createDigester()
    for (const piece of ['con', '', 'tent']) digester.update(Buffer.from(piece))
    expect(digester.digest()).toBe(digestOf('content'))
    expect(digestOf('content', 'sha512')).toMatch(/^sha512:[0-9a-f]{128}$/)
  })

  it('have an algorithm and a hexadecimal part', () => {
    expect(digestAlgorithm(parseDigest(empty))).toBe('sha256')
    expect(digestHex(parseDigest(empty))).toBe(empty.slice(7))
    expect(digestAlgorithm(digestOf('x', 'sha512'))).toBe('sha512')
  })

  it.each([
    ['empty', ''],
    ['no algorithm', empty.slice(7)],
    ['upper case', empty.toUpperCase()],
    ['short', empty.slice(0, -1)],
    ['long', `${empty}0`],
    ['a line break after it', `${empty}\n`],
    ['an unknown algorithm', `md5:${'0'.repeat(32)}`],
    ['a path', `sha256:../../${'0'.repeat(58)}`],
    ['the wrong length for the algorithm', `sha512:${'0'.repeat(64)}`],
  ])('refuse %s', (_, text) => {
    expect(() => parseDigest(text)).toThrow(expect.objectContaining({ code: 'IMAGE_BAD_DIGEST', kind: 'invalid' }))
  })
})
