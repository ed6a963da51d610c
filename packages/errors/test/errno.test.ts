import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { hasErrno } from '../src/errno.ts'

function thrownBy(run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    return error
  }
}

describe('hasErrno', () => {
  const error = thrownBy(() => readFileSync('/nowhere/at/all'))

  it('recognises a system error by any of the codes asked for', () => {
    expect(hasErrno(error, 'EEXIST', 'ENOENT')).toBe(true)
  })

  it.each([
    ['another code', error, 'EEXIST'],
    ['a plain error', new Error('x'), 'ENOENT'],
    ['a look-alike that is no Error', { code: 'ENOENT' }, 'ENOENT'],
  ])('says no to %s', (_what, value, code) => {
    expect(hasErrno(value, code)).toBe(false)
  })
})
