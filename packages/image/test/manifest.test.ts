import { describe, expect, it } from 'vitest'
import { digestOf, isIndex, MAX_DOCUMENT_BYTES, MEDIA_TYPES, parseManifest } from '../src/index.ts'

const digest = digestOf('x')
const blob = { mediaType: MEDIA_TYPES.ociLayerGzip, digest, size: 1 }
const manifest = {
  schemaVersion: 2,
  mediaType: MEDIA_TYPES.ociManifest,
  config: { ...blob, mediaType: MEDIA_TYPES.ociConfig },
  layers: [blob],
}
const index = {
  schemaVersion: 2,
  mediaType: MEDIA_TYPES.dockerIndex,
  manifests: [{ ...blob, platform: { os: 'linux', architecture: 'amd64' } }],
}

const bytes = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))

describe('parseManifest', () => {
  it('reads manifests and indexes, and keeps fields it does not know', () => {
    expect(parseManifest(bytes({ ...manifest, extra: [1] }))).toEqual({ ...manifest, extra: [1] })
    expect(isIndex(parseManifest(bytes(index)))).toBe(true)
    expect(isIndex(parseManifest(bytes({ ...manifest, mediaType: undefined })))).toBe(false)
    expect(parseManifest(bytes({ ...manifest, annotations: null, subject: null }))).toEqual(manifest)
  })

  it.each([
    ['no JSON', '{'],
    ['not UTF-8', Buffer.from([0x22, 0xff, 0x22]).toString('latin1')],
    ['a list', []],
    ['null', 'null'],
    ['no layers', { ...manifest, layers: undefined }],
    ['schema version 3', { ...manifest, schemaVersion: 3 }],
    ['a manifest and an index at once', { ...manifest, manifests: [] }],
    ['a manifest that says it is an index', { ...manifest, mediaType: MEDIA_TYPES.ociIndex }],
    ['a negative size', { ...manifest, layers: [{ ...blob, size: -1 }] }],
    ['a fractional size', { ...manifest, layers: [{ ...blob, size: 1.5 }] }],
    ['a bad digest', { ...manifest, layers: [{ ...blob, digest: 'sha256:../x' }] }],
    ['an annotation that is no text', { ...manifest, annotations: { a: 1 } }],
    ['a repeated key', JSON.stringify(manifest).replace('"layers"', '"layers":[],"layers"')],
    ['a repeated key in disguise', JSON.stringify(manifest).replace('"layers"', '"l\\u0061yers":[],"layers"')],
    ['deep nesting', `${'['.repeat(10_000)}${']'.repeat(10_000)}`],
  ])('refuses %s', (_, value) => {
    const content = _ === 'not UTF-8' ? Buffer.from([0x22, 0xff, 0x22]) : bytes(value)
    expect(() => parseManifest(content)).toThrow(expect.objectContaining({ code: 'IMAGE_BAD_MANIFEST', kind: 'corrupt' }))
  })

  it('refuses a document that is not what its descriptor says', () => {
    expect(() => parseManifest(bytes(manifest), { mediaType: MEDIA_TYPES.dockerManifest, digest })).toThrow(/mediaType/)
  })

  it('says where the mistake is', () => {
    expect(() => parseManifest(bytes({ ...manifest, layers: [blob, { ...blob, size: 'x' }] }))).toThrow(/layers\[1\]\.size/)
  })

  it.each([
    ['schema 1', { schemaVersion: 1, name: 'x', fsLayers: [], history: [] }],
    ['an unknown type', { ...manifest, mediaType: 'application/x' }],
  ])('names %s as not supported', (_, value) => {
    expect(() => parseManifest(bytes(value))).toThrow(
      expect.objectContaining({ code: 'IMAGE_UNSUPPORTED_MEDIA_TYPE', kind: 'unsupported' }),
    )
  })

  it('refuses more than 4 MiB', () => {
    expect(() => parseManifest(Buffer.alloc(MAX_DOCUMENT_BYTES + 1, 0x20))).toThrow(expect.objectContaining({ code: 'IMAGE_TOO_LARGE' }))
  })
})
