import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DEFAULT_DETACH_KEYS, DetachScanner, parseDetachKeys } from '../../src/terminal/detach-keys.ts'

describe('parseDetachKeys', () => {
  it.each([
    [DEFAULT_DETACH_KEYS, [16, 17]],
    ['ctrl-@,ctrl-[,ctrl-_', [0, 27, 31]],
    ['a,b', [97, 98]],
    ['', []],
  ])('%s', (text, bytes) => {
    expect([...parseDetachKeys(text)]).toEqual(bytes)
  })

  it.each(['ctrl-', 'ctrl-1', 'ab', 'ctrl-p,'])('refuses %s', (text) => {
    expect(() => parseDetachKeys(text)).toThrow(expect.objectContaining({ code: 'CLI_BAD_FLAG' }))
  })
})

describe('DetachScanner', () => {
  const scan = (...chunks: readonly (readonly number[])[]): { readonly pass: number[]; readonly detached: boolean } => {
    const scanner = new DetachScanner(Uint8Array.of(16, 17))
    const pass: number[] = []
    for (const chunk of chunks) {
      const result = scanner.scan(Uint8Array.from(chunk))
      pass.push(...result.pass)
      if (result.detached) return { pass, detached: true }
    }
    return { pass, detached: false }
  }

  it.each([
    [[[1, 2, 16, 17, 3]], [1, 2], true],
    [
      [
        [1, 16],
        [17, 3],
      ],
      [1],
      true,
    ],
    [[[16], [2]], [16, 2], false],
    [[[16, 16, 17]], [16], true],
    [[[16, 16, 2]], [16, 16, 2], false],
    [[[16]], [], false],
  ])('%j', (chunks, pass, detached) => {
    expect(scan(...chunks)).toEqual({ pass, detached })
  })

  it('loses and doubles nothing, however the bytes come', () => {
    const byte = fc.integer({ min: 14, max: 18 })
    fc.assert(
      fc.property(fc.array(fc.array(byte, { maxLength: 4 }), { maxLength: 20 }), (chunks) => {
        const all = chunks.flat()
        const at = all.findIndex((value, index) => value === 16 && all[index + 1] === 17)
        const held = at === -1 && all.at(-1) === 16 ? all.length - 1 : all.length
        expect(scan(...chunks)).toEqual({ pass: all.slice(0, at === -1 ? held : at), detached: at !== -1 })
      }),
    )
  })
})
