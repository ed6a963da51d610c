import { describe, expect, it } from 'vitest'
import type { Action } from '../../src/access/gatekeeper.ts'
import { policyOf } from '../../src/access/policy.ts'

const policy = policyOf([
  { repositories: ['public/*'], users: ['anonymous'] },
  { users: ['*'], actions: ['pull', 'list'] },
  { repositories: ['team.a/*', 'solo'], users: ['alice'], actions: ['push', 'delete'] },
])

describe('policyOf', () => {
  it.each<[string | undefined, Action, string, boolean]>([
    [undefined, 'pull', 'public/debian', true],
    [undefined, 'pull', 'public', false],
    [undefined, 'push', 'public/debian', false],
    [undefined, 'pull', 'team.a/app', false],
    [undefined, 'list', '', false],
    ['bob', 'pull', 'team.a/app', true],
    ['bob', 'list', '', true],
    ['bob', 'push', 'team.a/app', false],
    ['alice', 'push', 'team.a/app/deep', true],
    ['alice', 'push', 'teamXa/app', false],
    ['alice', 'push', 'solo', true],
    ['alice', 'push', 'solo2', false],
    ['alice', 'delete', 'x/solo', false],
    ['anonymous', 'push', 'solo', false],
  ])('of rules: may %s %s in %s? %s', (user, action, repository, expected) => {
    expect(policy(user, { repository, action })).toBe(expected)
  })
})
