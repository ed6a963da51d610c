import { describe, expect, it } from 'vitest'
import {
  type Descriptor,
  digestOf,
  formatPlatform,
  hostPlatform,
  type Index,
  MEDIA_TYPES,
  type Platform,
  parsePlatform,
  selectPlatform,
} from '../src/index.ts'

function index(...platforms: (Platform | undefined)[]): Index {
  const manifests = platforms.map(
    (platform, size): Descriptor => ({
      mediaType: MEDIA_TYPES.ociManifest,
      digest: digestOf(`${size}`),
      size,
      ...(platform && { platform }),
    }),
  )
  return { schemaVersion: 2, manifests }
}

describe('parsePlatform', () => {
  it.each([
    ['linux/amd64', 'linux/amd64'],
    ['x86_64', 'linux/amd64'],
    ['linux/aarch64', 'linux/arm64'],
    ['linux/arm64/v8', 'linux/arm64'],
    ['linux/arm', 'linux/arm/v7'],
    ['linux/arm/6', 'linux/arm/v6'],
    ['armel', 'linux/arm/v6'],
    ['LINUX/AMD64', 'linux/amd64'],
    ['windows/amd64', 'windows/amd64'],
    ['linux', formatPlatform(hostPlatform())],
  ])('reads %s as %s', (text, expected) => {
    expect(formatPlatform(parsePlatform(text))).toBe(expected)
  })

  it.each(['', 'linux/', '/amd64', 'a/b/c/d', 'linux/amd 64', '../x'])('refuses %j', (text) => {
    expect(() => parsePlatform(text)).toThrow(expect.objectContaining({ code: 'IMAGE_BAD_PLATFORM' }))
  })
})

describe('selectPlatform', () => {
  const arm = (variant?: string): Platform => ({ os: 'linux', architecture: 'arm', ...(variant && { variant }) })
  const amd64: Platform = { os: 'linux', architecture: 'amd64' }

  it.each([
    ['the same platform', [{ os: 'linux', architecture: 'arm64' }, amd64], 'linux/amd64', 1],
    ['the same variant', [arm('v5'), arm('v6'), arm('v7')], 'linux/arm/v6', 1],
    ['the newest variant that runs', [arm('v5'), arm('v6'), arm('v8')], 'linux/arm/v7', 1],
    ['arm without a variant as v7', [arm('v6'), arm()], 'linux/arm/v7', 1],
    ['arm64 as arm64/v8', [{ os: 'linux', architecture: 'arm64', variant: 'v8' }], 'linux/arm64', 0],
    ['the first of equals', [amd64, amd64], 'linux/amd64', 0],
    ['a lone entry that says nothing', [undefined], 'linux/amd64', 0],
  ] as const)('takes %s', (_, platforms, wanted, expected) => {
    expect(selectPlatform(index(...platforms), parsePlatform(wanted)).size).toBe(expected)
  })

  it('passes attestations over', () => {
    const { manifests } = index({ os: 'unknown', architecture: 'unknown' }, amd64)
    const attested = manifests.map((entry, i) =>
      i === 0 ? { ...entry, annotations: { 'vnd.docker.reference.type': 'attestation-manifest' } } : entry,
    )
    expect(selectPlatform({ schemaVersion: 2, manifests: attested }, amd64).size).toBe(1)
  })

  it.each([
    ['none fits', index(arm('v7')), 'linux/arm/v6'],
    ['several say nothing', index(undefined, undefined), 'linux/amd64'],
    ['it is empty', index(), 'linux/amd64'],
  ])('says what there is when %s', (_, there, wanted) => {
    expect(() => selectPlatform(there, parsePlatform(wanted))).toThrow(
      expect.objectContaining({ code: 'IMAGE_NO_PLATFORM', kind: 'not-found' }),
    )
  })
})
