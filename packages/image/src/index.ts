export { chainId, chainIds } from './chain-id.ts'
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
export { ImageError, type ImageErrorCode } from './errors.ts'
export { type ExecutionConfig, type HealthcheckConfig, type HistoryEntry, type ImageConfig, parseImageConfig } from './image-config.ts'
export { type Index, isIndex, type Manifest, parseManifest } from './manifest.ts'
export {
  isIndexMediaType,
  isLayerMediaType,
  isManifestMediaType,
  type LayerCompression,
  layerCompression,
  MEDIA_TYPES,
} from './media-types.ts'
export { MAX_DOCUMENT_BYTES } from './parse-document.ts'
export { formatPlatform, hostPlatform, type Platform, parsePlatform, selectPlatform } from './platform.ts'
export {
  checkReference,
  familiarReference,
  formatReference,
  isRepositoryName,
  isTag,
  parseReference,
  type Reference,
} from './reference.ts'
export type {
  Expected,
  FetchOptions,
  ImageStore,
  Ingest,
  IngestTarget,
  PushOptions,
  Source,
  StoredReference,
  Target,
} from './target.ts'
