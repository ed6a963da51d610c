import { describe, expect, it } from 'vitest'
import { checkReference, digestOf, familiarReference, formatReference, isRepositoryName, isTag, parseReference } from '../src/index.ts'

const digest = digestOf('x')

describe('parseReference', () => {
  it.each([
    ['debian', 'docker.io/library/debian:latest', 'debian:latest'],
    ['debian:12', 'docker.io/library/debian:12', 'debian:12'],
    ['library/debian:12', 'docker.io/library/debian:12', 'debian:12'],
    ['docker.io/debian', 'docker.io/library/debian:latest', 'debian:latest'],
    ['index.docker.io/team/app', 'docker.io/team/app:latest', 'team/app:latest'],
    ['localhost/app', 'localhost/app:latest', 'localhost/app:latest'],
    ['localhost:5000', 'docker.io/library/localhost:5000', 'localhost:5000'],
    ['localhost:5000/app', 'localhost:5000/app:latest', 'localhost:5000/app:latest'],
    ['[::1]:5000/app', '[::1]:5000/app:latest', '[::1]:5000/app:latest'],
    ['Registry/app:V1', 'Registry/app:V1', 'Registry/app:V1'],
    ['ghcr.io/a/b/c__d/e--f.g:x_Y.z-1', 'ghcr.io/a/b/c__d/e--f.g:x_Y.z-1', 'ghcr.io/a/b/c__d/e--f.g:x_Y.z-1'],
    [`debian@${digest}`, `docker.io/library/debian@${digest}`, `debian@${digest}`],
    [`debian:12@${digest}`, `docker.io/library/debian:12@${digest}`, `debian:12@${digest}`],
  ])('reads %s', (text, full, familiar) => {
    const reference = parseReference(text)
    expect(formatReference(reference)).toBe(full)
    expect(familiarReference(reference)).toBe(familiar)
    expect(parseReference(full)).toEqual(reference)
    expect(parseReference(familiar)).toEqual(reference)
  })

  it.each([
    ['', 'nothing'],
    ['Debian', 'upper case in a repository'],
    ['a/../b', 'a parent path'],
    ['../a', 'a leading parent path'],
    ['localhost/../etc', 'a parent path below a registry'],
    ['a//b', 'an empty component'],
    ['/a', 'a leading slash'],
    ['a/', 'a trailing slash'],
    ['a.-b', 'mixed separators'],
    ['-a', 'a leading separator'],
    ['a:', 'an empty tag'],
    ['a:.x', 'a tag that starts with a dot'],
    ['a:x y', 'a space'],
    [`a:${'x'.repeat(129)}`, 'a long tag'],
    [`${'a/'.repeat(127)}abc`, 'a long name'],
    ['a@sha256:123', 'a short digest'],
    [`a@${digest}@${digest}`, 'two digests'],
    ['a\n', 'a line break'],
    ['http://a/b', 'a URL'],
    ['host:port/a', 'a port that is no number'],
    ['localhost:99999/a', 'a port that is too large'],
    ['256.1.1.1/a', 'an address that is none'],
    ['.host/a', 'a registry that starts with a dot'],
    ['0'.repeat(64), 'an image id'],
    ['x'.repeat(100_000), 'a very long text'],
  ])('refuses %j: %s', (text) => {
    expect(() => parseReference(text)).toThrow(expect.objectContaining({ code: 'IMAGE_BAD_REFERENCE', kind: 'invalid' }))
  })

  it('is quick on texts made to be slow', () => {
    const before = performance.now()
    expect(() => parseReference(`${'a-'.repeat(200)}!`)).toThrow()
    expect(() => parseReference(`${'a_'.repeat(120)}!/x`)).toThrow()
    expect(performance.now() - before).toBeLessThan(2000)
  })
})

describe('checkReference', () => {
  it('checks references put together from parts', () => {
    expect(checkReference({ registry: 'docker.io', repository: 'library/debian', tag: '12' }).tag).toBe('12')
    expect(() => checkReference({ registry: 'docker.io', repository: '../x', tag: '12' })).toThrow(
      expect.objectContaining({ code: 'IMAGE_BAD_REFERENCE' }),
    )
    expect(() => checkReference({ registry: '..', repository: 'x' })).toThrow(expect.objectContaining({ code: 'IMAGE_BAD_REFERENCE' }))
  })
})

describe('isTag and isRepositoryName', () => {
  it('say what a registry accepts', () => {
    expect([isTag('_x'), isTag('..'), isTag('')]).toEqual([true, false, false])
    expect([isRepositoryName('a/b'), isRepositoryName('a/../b'), isRepositoryName('')]).toEqual([true, false, false])
  })
})
