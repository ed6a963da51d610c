import type { Descriptor } from './descriptor.ts'
import { type Digest, isDigest } from './digest.ts'
import { ImageError } from './errors.ts'
import { isIndexMediaType, isManifestMediaType } from './media-types.ts'
import { parseDocument } from './parse-document.ts'
import type { Platform } from './platform.ts'
import { count, dictionary, type Fields, list, literal, object, type Shape, ShapeError, text, textLike } from './shape.ts'

/**
 * What an image is made of.
 * @see https://github.com/opencontainers/image-spec/blob/main/manifest.md
 */
export interface Manifest {
  readonly schemaVersion: 2
  readonly mediaType?: string
  readonly artifactType?: string
  readonly config: Descriptor
  /** Lowest first. */
  readonly layers: readonly Descriptor[]
  readonly subject?: Descriptor
  readonly annotations?: Readonly<Record<string, string>>
}

/**
 * A list of manifests, usually one image for each platform.
 * @see https://github.com/opencontainers/image-spec/blob/main/image-index.md
 */
export interface Index {
  readonly schemaVersion: 2
  readonly mediaType?: string
  readonly artifactType?: string
  readonly manifests: readonly Descriptor[]
  readonly subject?: Descriptor
  readonly annotations?: Readonly<Record<string, string>>
}

const annotations = dictionary(text())
const mediaType = text(255)

const platform = object<Platform>(
  { os: text(64), architecture: text(64), variant: text(64), 'os.version': text(256), 'os.features': list(text(256)) },
  ['os', 'architecture'],
)

/** The shape of a descriptor, for every document that holds one. */
export const descriptorShape: Shape<Descriptor> = object<Descriptor>(
  {
    mediaType,
    digest: textLike<Digest>(isDigest, 'a digest'),
    size: count,
    annotations,
    platform,
    urls: list(text()),
    artifactType: mediaType,
    data: text(),
  },
  ['mediaType', 'digest', 'size'],
)

const common = { schemaVersion: literal(2), mediaType, artifactType: mediaType, subject: descriptorShape, annotations }
const manifestFields: Fields<Manifest> = { ...common, config: descriptorShape, layers: list(descriptorShape) }
const manifestShape = object<Manifest>(manifestFields, ['schemaVersion', 'config', 'layers'])
const indexShape = object<Index>({ ...common, manifests: list(descriptorShape) }, ['schemaVersion', 'manifests'])

/** Whether a parsed manifest is an index. */
export function isIndex(manifest: Manifest | Index): manifest is Index {
  return 'manifests' in manifest
}

/**
 * Reads a manifest or an index, OCI's or Docker's. When the document and its descriptor disagree about what it is, or it could be
 * read as both, it is refused: another reader would see another image.
 * @throws ImageError `IMAGE_BAD_MANIFEST`, `IMAGE_TOO_LARGE`, `IMAGE_UNSUPPORTED_MEDIA_TYPE`
 */
export function parseManifest(bytes: Uint8Array, descriptor?: Pick<Descriptor, 'mediaType'> & Partial<Descriptor>): Manifest | Index {
  const what = descriptor?.digest === undefined ? 'the manifest' : `the manifest ${descriptor.digest}`
  return parseDocument(bytes, (value, at) => manifestOrIndex(value, at, descriptor?.mediaType), { what, code: 'IMAGE_BAD_MANIFEST' })
}

function manifestOrIndex(value: unknown, at: string, promised: string | undefined): Manifest | Index {
  const given = object<{ schemaVersion?: number; mediaType?: string; manifests?: unknown; config?: unknown; layers?: unknown }>(
    { schemaVersion: count, mediaType, manifests: (entry) => entry, config: (entry) => entry, layers: (entry) => entry },
    [],
  )(value, at)
  if (given.schemaVersion === 1) throw unsupported('an image manifest of schema version 1')
  const type = given.mediaType ?? promised
  if (promised !== undefined && given.mediaType !== undefined && promised !== given.mediaType) {
    throw new ShapeError('mediaType', `${promised}, as its descriptor says`)
  }
  const looksLikeIndex = given.manifests !== undefined
  if (looksLikeIndex && (given.config !== undefined || given.layers !== undefined))
    throw new ShapeError(at, 'a manifest or an index, not both')
  if (type === undefined) return looksLikeIndex ? indexShape(value, at) : manifestShape(value, at)
  if (isIndexMediaType(type)) return indexShape(value, at)
  if (isManifestMediaType(type)) return manifestShape(value, at)
  throw unsupported(`a manifest of type ${JSON.stringify(type)}`)
}

function unsupported(what: string): ImageError {
  return new ImageError('IMAGE_UNSUPPORTED_MEDIA_TYPE', `${what} cannot be read`, {
    kind: 'unsupported',
    hint: 'push the image again with a current tool, in OCI or Docker schema 2 format',
  })
}
