import type { Descriptor } from '../descriptor.ts'
import type { ExecutionConfig, HistoryEntry, ImageConfig } from '../image-config.ts'
import { MEDIA_TYPES } from '../media-types.ts'
import { hostPlatform, type Platform } from '../platform.ts'
import type { Image, ImageLayer } from '../read-image.ts'

/**
 * The parts of an image as values. Every edit gives another draft; nothing is stored until `writeImage`, and fields of the config that
 * nobody knows are kept.
 */
export interface ImageDraft {
  readonly config: ImageConfig
  /** Lowest first. */
  readonly layers: readonly ImageLayer[]
  /** Of the manifest. */
  readonly annotations: Readonly<Record<string, string>>
  /** Whether the manifest is to be OCI's or Docker's. */
  readonly format: 'oci' | 'docker'
}

/** An image without layers, to build on. */
export function emptyDraft(platform: Platform = hostPlatform()): ImageDraft {
  return { config: { ...platform, rootfs: { type: 'layers', diff_ids: [] } }, layers: [], annotations: {}, format: 'oci' }
}

/** An image as a draft: written without an edit, it has the same config and layers. */
export function draftOf({ config, layers, manifest, manifestDescriptor }: Image): ImageDraft {
  const isDocker = manifestDescriptor.mediaType === MEDIA_TYPES.dockerManifest
  return { config, layers, annotations: manifest.annotations ?? {}, format: isDocker ? 'docker' : 'oci' }
}

/** Puts a layer on top; `history` says how it came to be. */
export function appendLayer(draft: ImageDraft, layer: ImageLayer, history: HistoryEntry = {}): ImageDraft {
  return withLayers(draft, [...draft.layers, layer], [...(draft.config.history ?? []), history])
}

/** Changes how containers of the image run; a field that is `undefined` is removed. */
export function withExecution(
  draft: ImageDraft,
  change: { readonly [Name in keyof ExecutionConfig]: ExecutionConfig[Name] | undefined },
): ImageDraft {
  return { ...draft, config: { ...draft.config, config: merged(draft.config.config ?? {}, change) } }
}

/** Adds annotations to the manifest; one that is `undefined` is removed. */
export function withAnnotations(draft: ImageDraft, change: Readonly<Record<string, string | undefined>>): ImageDraft {
  return { ...draft, annotations: merged(draft.annotations, change) }
}

/** The draft with other layers; the config names their diffIDs. */
export function withLayers(draft: ImageDraft, layers: readonly ImageLayer[], history: readonly HistoryEntry[]): ImageDraft {
  const rootfs = { ...draft.config.rootfs, diff_ids: layers.map(({ diffId }) => diffId) }
  return { ...draft, layers: layers.map((layer) => inFormat(layer, draft.format)), config: { ...draft.config, rootfs, history } }
}

const DOCKER_TYPES: Readonly<Record<string, string>> = {
  [MEDIA_TYPES.ociLayer]: MEDIA_TYPES.dockerLayer,
  [MEDIA_TYPES.ociLayerGzip]: MEDIA_TYPES.dockerLayerGzip,
  [MEDIA_TYPES.ociLayerZstd]: MEDIA_TYPES.dockerLayerZstd,
}
const OCI_TYPES = Object.fromEntries(Object.entries(DOCKER_TYPES).map(([oci, docker]) => [docker, oci]))

/** A manifest of Docker's names its layers by Docker's types, and one of OCI's by OCI's. */
function inFormat({ descriptor, diffId }: ImageLayer, format: ImageDraft['format']): ImageLayer {
  const types = format === 'docker' ? DOCKER_TYPES : OCI_TYPES
  const named: Descriptor = { ...descriptor, mediaType: types[descriptor.mediaType] ?? descriptor.mediaType }
  return { descriptor: named, diffId }
}

function merged<Values extends object>(values: Values, change: { readonly [Name in keyof Values]?: Values[Name] | undefined }): Values {
  return Object.fromEntries(Object.entries({ ...values, ...change }).filter(([, value]) => value !== undefined)) as Values
}
