import { describe, expect, it } from 'vitest'
import { accessesOf, grantsAllow, parseScope, scopeOf } from '../../src/access/scope.ts'

describe('scopes', () => {
  it.each([
    ['repository:team/app:pull,push', { type: 'repository', name: 'team/app', actions: ['pull', 'push'] }],
    ['repository:localhost:5000/app:pull', { type: 'repository', name: 'localhost:5000/app', actions: ['pull'] }],
    ['repository(plugin):a:*', { type: 'repository', name: 'a', actions: ['*'] }],
    ['registry:catalog:*', { type: 'registry', name: 'catalog', actions: ['*'] }],
    ['repository:a:', { type: 'repository', name: 'a', actions: [] }],
    ['repository:a', undefined],
    ['', undefined],
    [':::', undefined],
  ])('%j is read', (text, expected) => {
    expect(parseScope(text)).toEqual(expected)
  })

  it.each([
    ['pull', 'repository:a:pull'],
    ['push', 'repository:a:pull,push'],
    ['delete', 'repository:a:delete'],
    ['list', 'registry:catalog:*'],
  ] as const)('%s needs %s, which allows it there and nowhere else', (action, scope) => {
    expect(scopeOf({ repository: 'a', action })).toBe(scope)
    const grant = parseScope(scope)
    const grants = grant === undefined ? [] : [grant]
    expect(grantsAllow(grants, { repository: 'a', action })).toBe(true)
    expect(grantsAllow(grants, { repository: 'b', action })).toBe(action === 'list')
  })

  it('of other types ask for nothing', () => {
    expect(accessesOf({ type: 'registry', name: 'else', actions: ['*'] })).toEqual([])
    expect(accessesOf({ type: 'cluster', name: 'a', actions: ['*'] })).toEqual([])
  })
})
