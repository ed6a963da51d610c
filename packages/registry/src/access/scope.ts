import type { Access, Action } from './gatekeeper.ts'

/**
 * What a token lets its bearer do, as in the `access` claim and, as text, in a scope.
 * @see https://distribution.github.io/distribution/spec/auth/jwt/
 */
export interface Grant {
  readonly type: string
  readonly name: string
  readonly actions: readonly string[]
}

/** The scope that a client must ask a token for. */
export function scopeOf({ repository, action }: Access): string {
  return action === 'list' ? 'registry:catalog:*' : `repository:${repository}:${action === 'push' ? 'pull,push' : action}`
}

/** Reads a scope, as in `repository:team/app:pull,push`; `undefined` when it is none. */
export function parseScope(text: string): Grant | undefined {
  const [, type, name, actions] = /^([a-z]+)(?:\([a-z]+\))?:(.+):([a-z*,]*)$/.exec(text) ?? []
  if (type === undefined || name === undefined || actions === undefined) return undefined
  return { type, name, actions: actions.split(',').filter((action) => action !== '') }
}

/** Whether grants let their bearer do something. */
export function grantsAllow(grants: readonly Grant[], { repository, action }: Access): boolean {
  return grants.some(({ type, name, actions }) => {
    if (!actions.includes(action) && !actions.includes('*')) return false
    return action === 'list' ? type === 'registry' && name === 'catalog' : type === 'repository' && name === repository
  })
}

/** What a grant asks for, one by one. */
export function accessesOf({ type, name, actions }: Grant): readonly Access[] {
  if (type === 'registry') return name === 'catalog' ? [{ repository: '', action: 'list' }] : []
  if (type !== 'repository') return []
  const all: readonly Action[] = ['pull', 'push', 'delete']
  return all.filter((action) => actions.includes(action) || actions.includes('*')).map((action) => ({ repository: name, action }))
}
