import { describe, expect, it } from 'vitest'
import { CtError, isCtError } from '../src/ct-error.ts'

class BakeryError extends CtError<'BAKERY_NO_BREAD'> {}

describe('CtError', () => {
  it('carries code, kind, hint and cause, and is named after its class', () => {
    const cause = new Error('oven is cold')
    const error = new BakeryError('BAKERY_NO_BREAD', 'no bread in /shelf', { kind: 'not-found', hint: 'come back at six', cause })
    expect(error).toMatchObject({ name: 'BakeryError', code: 'BAKERY_NO_BREAD', kind: 'not-found', hint: 'come back at six', cause })
    expect(error.message).toBe('no bread in /shelf')
  })

  it('has no cause property when there was none', () => {
    expect('cause' in new BakeryError('BAKERY_NO_BREAD', 'no bread', { kind: 'not-found' })).toBe(false)
  })
})

describe('isCtError', () => {
  it('knows an error made by another copy of the package by its brand', () => {
    const foreign = Object.assign(new Error('x'), { [Symbol.for('ct.error')]: true })
    expect(isCtError(foreign)).toBe(true)
  })

  it.each([[undefined], [null], ['text'], [new Error('plain')], [{ code: 'A_B', kind: 'invalid' }]])('says no to %o', (value) => {
    expect(isCtError(value)).toBe(false)
  })
})
