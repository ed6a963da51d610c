import { endianness } from 'node:os'
import { ANNOTATIONS, type Descriptor } from './descriptor.ts'
import { ImageError } from './errors.ts'
import type { Index } from './manifest.ts'

/**
 * What a program was built for, in Go's words.
 * @see https://github.com/opencontainers/image-spec/blob/main/image-index.md#image-index-property-descriptions
 */
export interface Platform {
  readonly os: string
  readonly architecture: string
  readonly variant?: string
  readonly 'os.version'?: string
  readonly 'os.features'?: readonly string[]
}

/** Names of `process.arch` that differ from Go's. */
const architectures = new Map([
  ['x64', 'amd64'],
  ['ia32', '386'],
  ['mips64el', 'mips64le'],
  ['mipsel', 'mipsle'],
])

/** Other people's names. */
const aliases = new Map<string, readonly [architecture: string, variant?: string]>([
  ['x86_64', ['amd64']],
  ['x86-64', ['amd64']],
  ['i386', ['386']],
  ['i686', ['386']],
  ['aarch64', ['arm64']],
  ['armhf', ['arm', 'v7']],
  ['armel', ['arm', 'v6']],
])

const knownOs = new Set(['linux', 'windows', 'darwin', 'freebsd', 'netbsd', 'openbsd', 'solaris', 'illumos', 'wasip1', 'js', 'android'])

/** The platform of this machine's processor; the system is always Linux, because that is what containers run on. */
export function hostPlatform(): Platform {
  const arch: string = process.arch
  const name = arch === 'ppc64' && endianness() === 'LE' ? 'ppc64le' : (architectures.get(arch) ?? arch)
  return normalise({ os: 'linux', architecture: name })
}

/**
 * Reads `os/architecture[/variant]`, or just an architecture; other systems' names (`x86_64`, `aarch64`, `armhf`) are understood.
 * @throws ImageError `IMAGE_BAD_PLATFORM`
 */
export function parsePlatform(text: string): Platform {
  const parts = text.split('/')
  const [first, second, third] = parts
  const valid = parts.length <= 3 && parts.every((part) => /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(part))
  if (!valid || first === undefined) {
    throw new ImageError('IMAGE_BAD_PLATFORM', `not a platform: ${JSON.stringify(text.slice(0, 200))}`, {
      kind: 'invalid',
      hint: 'write it as linux/amd64 or linux/arm/v7',
    })
  }
  if (second === undefined) return knownOs.has(first) ? { ...hostPlatform(), os: first } : normalise({ os: 'linux', architecture: first })
  return normalise({ os: first, architecture: second, ...(third !== undefined && { variant: third }) })
}

/** Writes a platform as `os/architecture[/variant]`. */
export function formatPlatform({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...(variant ? [variant] : [])].join('/')
}

/**
 * Chooses the image for a platform from an index: the same system and architecture, and the newest variant that the
 * platform runs. Attestations are passed over; a lone entry that names no platform is taken.
 * @throws ImageError `IMAGE_NO_PLATFORM`, with what there is in the hint
 */
export function selectPlatform(index: Index, platform: Platform): Descriptor {
  const wanted = normalise(platform)
  const images = index.manifests.filter((entry) => entry.annotations?.[ANNOTATIONS.dockerReferenceType] === undefined)
  const [lone] = images
  if (images.length === 1 && lone !== undefined && lone.platform === undefined) return lone
  let best: Descriptor | undefined
  let bestRank = -1
  for (const entry of images) {
    const rank = entry.platform === undefined ? -1 : rankOf(normalise(entry.platform), wanted)
    if (rank > bestRank) {
      best = entry
      bestRank = rank
    }
  }
  if (best === undefined) {
    const there = images.flatMap((entry) => (entry.platform === undefined ? [] : [formatPlatform(entry.platform)]))
    throw new ImageError('IMAGE_NO_PLATFORM', `no image for ${formatPlatform(wanted)} in the index`, {
      kind: 'not-found',
      hint: there.length === 0 ? 'the index names no platforms' : `it has ${there.slice(0, 20).join(', ')}`,
    })
  }
  return best
}

/** How well an image's platform fits the wanted one: -1 not at all, else higher is better. */
function rankOf(offered: Platform, wanted: Platform): number {
  if (offered.os !== wanted.os || offered.architecture !== wanted.architecture) return -1
  if (wanted['os.version'] !== undefined && offered['os.version'] !== undefined && offered['os.version'] !== wanted['os.version']) return -1
  const level = variantLevel(offered)
  return level <= variantLevel(wanted) ? level : -1
}

function variantLevel({ architecture, variant }: Platform): number {
  const digits = /^v?(\d+)/.exec(variant ?? '')?.[1]
  if (digits !== undefined) return Number(digits)
  return architecture === 'arm64' ? 8 : 1
}

/** Brings the several spellings of one platform to one: `arm` means v7, `arm64` v8 and `amd64` v1 unless they say otherwise. */
function normalise(platform: Platform): Platform {
  const os = platform.os.toLowerCase()
  const [architecture, impliedVariant] = aliases.get(platform.architecture.toLowerCase()) ?? [platform.architecture.toLowerCase()]
  const given = platform.variant?.toLowerCase() || impliedVariant
  const variant = given !== undefined && /^\d+$/.test(given) ? `v${given}` : given
  const { variant: _, ...rest } = platform
  const base = { ...rest, os, architecture }
  if (architecture === 'arm') return { ...base, variant: variant ?? 'v7' }
  const implied = (architecture === 'arm64' && variant === 'v8') || (architecture === 'amd64' && variant === 'v1')
  return variant === undefined || implied ? base : { ...base, variant }
}
