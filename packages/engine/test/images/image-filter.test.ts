import { digestOf } from '@ct/image'
import { describe, expect, it } from 'vitest'
import { filterImages } from '../../src/images/image-filter.ts'
import type { ImageSummary } from '../../src/images/image-types.ts'

const image = (name: string, more: Partial<ImageSummary> = {}): ImageSummary => ({
  id: digestOf(name),
  repoTags: name === '' ? [] : [name],
  repoDigests: [],
  createdAt: '2024-01-02T00:00:00Z',
  sizeBytes: 0,
  labels: {},
  containers: 0,
  ...more,
})
const images = [image('debian:12'), image('debian:11', { labels: { old: 'yes' } }), image('localhost:5000/team/app:1'), image('')]

describe('filterImages', () => {
  it.each([
    [{}, ['debian:12', 'debian:11', 'localhost:5000/team/app:1', undefined]],
    [{ dangling: ['true'] }, [undefined]],
    [{ dangling: ['false'], reference: ['debian'] }, ['debian:12', 'debian:11']],
    [{ reference: ['debian:1*'] }, ['debian:12', 'debian:11']],
    [{ reference: ['docker.io/library/debian:12'] }, ['debian:12']],
    [{ reference: ['*/team/*'] }, ['localhost:5000/team/app:1']],
    [{ reference: ['*'] }, ['debian:12', 'debian:11']],
    [{ reference: ['deb.an'] }, []],
    [{ label: ['old=yes'] }, ['debian:11']],
  ])('%j', (filters, expected) => {
    expect(filterImages(images, filters, {}).map(({ repoTags }) => repoTags[0])).toEqual(expected)
  })

  it('compares times of creation', () => {
    const at = Date.parse('2024-01-02T00:00:00Z')
    expect(filterImages(images, {}, { before: at })).toEqual([])
    expect(filterImages(images, {}, { since: at - 1 })).toHaveLength(4)
  })
})
