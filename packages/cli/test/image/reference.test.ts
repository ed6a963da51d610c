import { describe, expect, it } from 'vitest'
import { canonicalReference, registryOf, splitReference } from '../../src/image/reference.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`

describe('references', () => {
  it.each([
    ['debian', 'debian', undefined, undefined, 'docker.io', 'docker.io/library/debian:latest'],
    ['debian:12', 'debian', '12', undefined, 'docker.io', 'docker.io/library/debian:12'],
    ['team/app', 'team/app', undefined, undefined, 'docker.io', 'docker.io/team/app:latest'],
    ['docker.io/team/app:1', 'docker.io/team/app', '1', undefined, 'docker.io', 'docker.io/team/app:1'],
    ['localhost:5000/app', 'localhost:5000/app', undefined, undefined, 'localhost:5000', 'localhost:5000/app:latest'],
    ['localhost/app:2', 'localhost/app', '2', undefined, 'localhost', 'localhost/app:2'],
    [`ghcr.io/a/b@${DIGEST}`, 'ghcr.io/a/b', undefined, DIGEST, 'ghcr.io', `ghcr.io/a/b@${DIGEST}`],
    [`debian:12@${DIGEST}`, 'debian', '12', DIGEST, 'docker.io', `docker.io/library/debian@${DIGEST}`],
  ])('%s', (text, name, tag, digest, registry, canonical) => {
    expect(splitReference(text)).toEqual({ name, tag, digest })
    expect(registryOf(name)).toBe(registry)
    expect(canonicalReference(text)).toBe(canonical)
  })
})
