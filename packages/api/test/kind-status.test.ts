import { describe, expect, it } from 'vitest'
import { compareVersions } from '../src/api-version.ts'
import { kindOfStatus, statusOfKind } from '../src/kind-status.ts'

describe('kinds and statuses', () => {
  it.each([
    'not-modified',
    'invalid',
    'unauthorized',
    'denied',
    'not-found',
    'conflict',
    'unsupported',
    'unavailable',
    'internal',
  ] as const)('%s survives the way over the wire', (kind) => {
    expect(kindOfStatus(statusOfKind(kind))).toBe(kind)
  })
})

describe('versions', () => {
  it.each([
    ['1.9', '1.24', -1],
    ['1.51', '1.51', 0],
    ['2.0', '1.51', 1],
  ])('%s and %s', (a, b, sign) => {
    expect(Math.sign(compareVersions(a, b))).toBe(sign)
  })
})
