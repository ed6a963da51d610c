import { describe, expect, it } from 'vitest'
import { digestOf, isInternalReference, isNote } from '../src/index.ts'

describe('isInternalReference', () => {
  it.each([
    ['referrers.ct.invalid/repository-1:complete', true, false],
    [`referrers.ct.invalid/subject-1@${digestOf('x')}`, true, true],
    ['docker.io/library/debian:latest', false, false],
    [`localhost/team/app@${digestOf('x')}`, false, false],
    ['localhost/referrers.ct.invalid/app:1', false, false],
    ['ct.invalid.example.org/app:1', false, false],
  ])('of %s is %s, and a note: %s', (reference, isInternal, isOnlyNote) => {
    expect([isInternalReference(reference), isNote(reference)]).toEqual([isInternal, isOnlyNote])
  })
})
