import type { PullEvent, PushEvent } from '@ct/engine'
import { describe, expect, it } from 'vitest'
import { joinReference, pullMessages, pushMessages, splitReference } from '../../src/translate/progress.ts'

const digest = `sha256:${'0123456789abcdef'.repeat(4)}` as (PullEvent & { kind: 'layer' })['digest']
const layer = { kind: 'layer', digest, currentBytes: 5, totalBytes: 9 } as const

describe('progress of a pull', () => {
  it.each<[PullEvent, object[]]>([
    [{ kind: 'resolved', reference: 'debian:12', digest, layers: [] }, [{ status: 'Pulling from library/debian', id: '12' }]],
    [{ ...layer, state: 'waiting' }, [{ status: 'Pulling fs layer', progressDetail: {}, id: '0123456789ab' }]],
    [{ ...layer, state: 'downloading' }, [{ status: 'Downloading', progressDetail: { current: 5, total: 9 }, id: '0123456789ab' }]],
    [{ ...layer, state: 'downloaded' }, [{ status: 'Download complete', progressDetail: {}, id: '0123456789ab' }]],
    [{ ...layer, state: 'extracting' }, [{ status: 'Extracting', progressDetail: { current: 5, total: 9 }, id: '0123456789ab' }]],
    [{ ...layer, state: 'done' }, [{ status: 'Pull complete', progressDetail: {}, id: '0123456789ab' }]],
    [{ ...layer, state: 'exists' }, [{ status: 'Already exists', progressDetail: {}, id: '0123456789ab' }]],
    [
      { kind: 'pulled', reference: 'debian:12', digest, upToDate: false },
      [{ status: `Digest: ${digest}` }, { status: 'Status: Downloaded newer image for debian:12' }],
    ],
    [
      { kind: 'pulled', reference: 'debian:12', digest, upToDate: true },
      [{ status: `Digest: ${digest}` }, { status: 'Status: Image is up to date for debian:12' }],
    ],
  ])('%j', (event, messages) => {
    expect(pullMessages(event, 'debian:12')).toEqual(messages)
  })
})

describe('progress of a push', () => {
  it.each<[PushEvent, object[]]>([
    [{ ...layer, state: 'waiting' }, [{ status: 'Preparing', progressDetail: {}, id: '0123456789ab' }]],
    [{ ...layer, state: 'pushing' }, [{ status: 'Pushing', progressDetail: { current: 5, total: 9 }, id: '0123456789ab' }]],
    [{ ...layer, state: 'pushed' }, [{ status: 'Pushed', progressDetail: {}, id: '0123456789ab' }]],
    [{ ...layer, state: 'exists' }, [{ status: 'Layer already exists', progressDetail: {}, id: '0123456789ab' }]],
    [
      { kind: 'pushed', reference: 'x:v1', digest, sizeBytes: 7 },
      [{ status: `v1: digest: ${digest} size: 7` }, { progressDetail: {}, aux: { Tag: 'v1', Digest: digest, Size: 7 } }],
    ],
  ])('%j', (event, messages) => {
    expect(pushMessages(event, 'v1')).toEqual(messages)
  })
})

describe('a reference', () => {
  it.each([
    ['debian', 'library/debian', 'latest'],
    ['docker.io/library/debian:12', 'library/debian', '12'],
    ['user/app:v1', 'user/app', 'v1'],
    ['127.0.0.1:5000/app', 'app', 'latest'],
    ['localhost/a/b:c', 'a/b', 'c'],
    ['ghcr.io/a/b@sha256:00', 'a/b', 'sha256:00'],
  ])('%s is %s and %s', (reference, repository, tag) => {
    expect(splitReference(reference)).toEqual({ repository, tag })
  })

  it.each([
    ['x', undefined, 'x'],
    ['x:1', '', 'x:1'],
    ['x', '1', 'x:1'],
    ['x', 'sha256:00', 'x@sha256:00'],
  ])('%s with the tag %s is %s', (name, tag, reference) => {
    expect(joinReference(name, tag)).toBe(reference)
  })
})
