import { type Digest, digestAlgorithm, digestHex, isDigest } from '@ct/image'

/** Where things are below the prefix of a store. */
export const FOLDERS = {
  blobs: 'blobs/',
  /** An empty object for a blob that somebody is about to refer to: the blob counts as new as its claim. */
  claims: 'claims/',
  /** An empty object of a collector that is about to remove a blob. */
  doomed: 'doomed/',
  refs: 'refs/',
  /** Blobs on their way, whose digest is not known yet. */
  uploads: 'uploads/',
} as const

/** The key of what a folder has for a blob. */
export function blobKey(folder: 'blobs' | 'claims' | 'doomed', digest: Digest): string {
  return `${FOLDERS[folder]}${digestAlgorithm(digest)}/${digestHex(digest)}`
}

/** The blob that a key stands for; `undefined` for keys of others. */
export function digestOfKey(key: string): Digest | undefined {
  const [, algorithm, hex] = key.split('/')
  const digest = `${algorithm}:${hex}`
  return isDigest(digest) ? digest : undefined
}
