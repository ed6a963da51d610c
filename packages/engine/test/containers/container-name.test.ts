import { describe, expect, it } from 'vitest'
import { checkContainerName, inventName } from '../../src/containers/container-name.ts'

describe('container names', () => {
  it.each([
    ['web', 'web'],
    ['/web', 'web'],
    ['a1', 'a1'],
    ['A.b-c_d', 'A.b-c_d'],
  ])('%s is the name %s', (text, name) => {
    expect(checkContainerName(text)).toBe(name)
  })

  it.each(['a', '-web', 'we b', 'web/x', '', 'wéb', '.x'])('refuses %j with the words that clients know', (text) => {
    expect(() => checkContainerName(text)).toThrow(
      expect.objectContaining({
        code: 'ENGINE_INVALID',
        kind: 'invalid',
        message: `Invalid container name (${text}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`,
      }),
    )
  })

  it('makes up names of two words, with a number when all plain ones are taken', () => {
    expect(inventName(() => false)).toMatch(/^[a-z]+_[a-z]+$/)
    expect(inventName((name) => !/\d$/.test(name))).toMatch(/^[a-z]+_[a-z]+\d+$/)
  })
})
