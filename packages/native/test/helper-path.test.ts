import { afterEach, expect, test } from 'vitest'
import { helperPath } from '../src/index.ts'

const { arch } = process
afterEach(() => Object.defineProperty(process, 'arch', { value: arch }))

test('an architecture without a program is told so', () => {
  Object.defineProperty(process, 'arch', { value: 'mips' })
  expect(helperPath).toThrow(
    expect.objectContaining({ code: 'NATIVE_NO_HELPER', kind: 'unsupported', hint: expect.stringContaining('npm run build') }),
  )
})
