export type { LoadedImage } from './archive/docker-images.ts'
export { type LoadArchiveOptions, loadArchive } from './archive/load-archive.ts'
export { type Archive, type OpenArchiveOptions, openArchive } from './archive/open-archive.ts'
export { type PackedEntry, packTar } from './archive/pack-tar.ts'
export { type SaveArchiveOptions, saveArchive } from './archive/save-archive.ts'
export { bodyOf } from './body-of.ts'
export { chainId, chainIds } from './chain-id.ts'
export { type CheckStoreOptions, checkStore, type StoreProblem } from './check-store.ts'
export { ContentStore } from './content-store.ts'
export { type CopyOptions, type CopyProgress, copy } from './copy.ts'
export { ANNOTATIONS, type Descriptor } from './descriptor.ts'
export {
  createDigester,
  type Digest,
  type DigestAlgorithm,
  type Digester,
  digestAlgorithm,
  digestHex,
  digestOf,
  isDigest,
  parseDigest,
} from './digest.ts'
export { appendLayer, draftOf, emptyDraft, type ImageDraft, withAnnotations, withExecution, withLayers } from './edit/image-draft.ts'
export { rebaseImage } from './edit/rebase-image.ts'
export { squashLayers } from './edit/squash-layers.ts'
export { writeImage } from './edit/write-image.ts'
export { ImageError, type ImageErrorCode } from './errors.ts'
export { type ExecutionConfig, type HealthcheckConfig, type HistoryEntry, type ImageConfig, parseImageConfig } from './image-config.ts'
export { ingestBlob, release } from './ingest.ts'
export { isInternalReference, isNote } from './internal-reference.ts'
export { Leases } from './leases.ts'
export { type Index, isIndex, type Manifest, parseManifest } from './manifest.ts'
export {
  isIndexMediaType,
  isLayerMediaType,
  isManifestMediaType,
  type LayerCompression,
  layerCompression,
  MEDIA_TYPES,
} from './media-types.ts'
export { MemoryStore } from './memory-store.ts'
export { OciLayout } from './oci-layout.ts'
export { MAX_DOCUMENT_BYTES } from './parse-document.ts'
export { formatPlatform, hostPlatform, type Platform, parsePlatform, selectPlatform } from './platform.ts'
export { reachableOrDamaged } from './reachable.ts'
export { type ReadBlobOptions, readBlob } from './read-blob.ts'
export { type Image, type ImageLayer, type ReadImageOptions, readImage } from './read-image.ts'
export {
  checkReference,
  familiarReference,
  formatReference,
  isRepositoryName,
  isTag,
  parseReference,
  type Reference,
} from './reference.ts'
export { formatReferenceRecord, parseReferenceRecord } from './reference-record.ts'
export { resolveImage } from './resolve-image.ts'
export type {
  CallOptions,
  Collection,
  Expected,
  FetchOptions,
  ImageStore,
  Ingest,
  IngestTarget,
  ListRefsOptions,
  PushOptions,
  Source,
  StoredReference,
  Target,
} from './target.ts'
export { checkContent, verified } from './verified.ts'
