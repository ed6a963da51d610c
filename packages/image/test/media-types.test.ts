import { expect, it } from 'vitest'
import { isIndexMediaType, isLayerMediaType, isManifestMediaType, layerCompression, MEDIA_TYPES } from '../src/index.ts'

it.each([
  [MEDIA_TYPES.ociLayer, 'none'],
  [MEDIA_TYPES.ociLayerGzip, 'gzip'],
  [MEDIA_TYPES.ociLayerZstd, 'zstd'],
  [MEDIA_TYPES.dockerLayer, 'none'],
  [MEDIA_TYPES.dockerLayerGzip, 'gzip'],
  [MEDIA_TYPES.dockerForeignLayerGzip, 'gzip'],
])('knows that %s is compressed by %s', (mediaType, compression) => {
  expect(isLayerMediaType(mediaType)).toBe(true)
  expect(layerCompression(mediaType)).toBe(compression)
})

it('tells manifests from indexes', () => {
  expect([MEDIA_TYPES.ociIndex, MEDIA_TYPES.dockerIndex].every(isIndexMediaType)).toBe(true)
  expect([MEDIA_TYPES.ociManifest, MEDIA_TYPES.dockerManifest].every(isManifestMediaType)).toBe(true)
  expect(isManifestMediaType(MEDIA_TYPES.ociIndex)).toBe(false)
})

it('refuses layers of other kinds of artifact', () => {
  expect(() => layerCompression('application/vnd.cncf.helm.chart.content.v1.tar+gzip')).toThrow(
    expect.objectContaining({ code: 'IMAGE_UNSUPPORTED_MEDIA_TYPE' }),
  )
})
