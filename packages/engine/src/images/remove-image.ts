import { type Digest, digestHex, familiarReference, formatReference, parseReference } from '@ct/image'
import { EngineError } from '../errors.ts'
import type { ImageCatalog } from './image-catalog.ts'
import type { ImageRecord } from './image-record.ts'
import type { RemovedImage } from './image-types.ts'
import type { ImageUsage, ImageUser } from './image-usage.ts'

/** What a removal is asked for, after its text was looked up. */
export interface RemovalRequest {
  readonly record: ImageRecord
  /** As the caller wrote it. */
  readonly text: string
  readonly force: boolean
}

/**
 * Removes a reference of an image, or the image, by docker's rules: the last reference takes the image with it; what a
 * container has needs force, and what a running one has stays. `ENGINE_IMAGE_IN_USE` otherwise.
 */
export async function removeImage(catalog: ImageCatalog, usage: ImageUsage, request: RemovalRequest): Promise<RemovedImage[]> {
  const { record, text } = request
  const tags = (await catalog.references()).get(record.id) ?? []
  const users = usage.users().filter(({ imageId }) => imageId === record.id)
  if (isId(text, record.id)) return removeById(catalog, request, { tags, users })
  return removeByReference(catalog, request, { tags, users })
}

interface Standing {
  readonly tags: readonly string[]
  readonly users: readonly ImageUser[]
}

async function removeByReference(
  catalog: ImageCatalog,
  { record, text, force }: RemovalRequest,
  { tags, users }: Standing,
): Promise<RemovedImage[]> {
  const reference = parseReference(text)
  const name = formatReference(reference)
  const others = reference.digest === undefined ? tags.filter((tag) => tag !== name) : tags
  if (others.length === 0 && users[0] !== undefined && !force) {
    throw inUse(
      `conflict: unable to remove repository reference "${text}" (must force) - container ${short(users[0].containerId)} is using its referenced image ${short(digestHex(record.id))}`,
    )
  }
  if (others.length === 0 && users.length === 0) return deleteImage(catalog, record, tags)
  if (reference.digest === undefined) await catalog.store.untag(name)
  const repository = `${reference.registry}/${reference.repository}@`
  const isLastOfRepository = !others.some((tag) => tag.startsWith(`${repository.slice(0, -1)}:`))
  if (isLastOfRepository || reference.digest !== undefined)
    catalog.dropRepoDigests(record, (repoDigest) => repoDigest.startsWith(repository))
  return [{ untagged: familiarReference(reference) }]
}

async function removeById(catalog: ImageCatalog, { record, force }: RemovalRequest, { tags, users }: Standing): Promise<RemovedImage[]> {
  const shortId = short(digestHex(record.id))
  const running = users.find(({ isRunning }) => isRunning)
  if (running !== undefined) {
    throw inUse(
      `conflict: unable to delete ${shortId} (cannot be forced) - image is being used by running container ${short(running.containerId)}`,
    )
  }
  if (users[0] !== undefined && !force) {
    throw inUse(
      `conflict: unable to delete ${shortId} (must be forced) - image is being used by stopped container ${short(users[0].containerId)}`,
    )
  }
  if (repositoriesOf(tags).size > 1 && !force) {
    throw inUse(`conflict: unable to delete ${shortId} (must be forced) - image is referenced in multiple repositories`)
  }
  return deleteImage(catalog, record, tags)
}

/** Removes every reference and the record; blobs and snapshots are left to the collection. */
async function deleteImage(catalog: ImageCatalog, record: ImageRecord, tags: readonly string[]): Promise<RemovedImage[]> {
  for (const tag of tags) await catalog.store.untag(tag)
  catalog.delete(record)
  return [
    ...[...tags, ...record.repoDigests].map((reference) => ({ untagged: familiarReference(parseReference(reference)) })),
    { deleted: record.id },
  ]
}

function repositoriesOf(tags: readonly string[]): Set<string> {
  return new Set(tags.map((tag) => tag.slice(0, tag.lastIndexOf(':'))))
}

/** Whether a text names the image by its id rather than by a reference. */
function isId(text: string, id: Digest): boolean {
  const prefix = text.replace(/^sha256:/, '')
  return /^[0-9a-f]+$/.test(prefix) && digestHex(id).startsWith(prefix)
}

const short = (id: string): string => id.slice(0, 12)

function inUse(message: string): EngineError {
  return new EngineError('ENGINE_IMAGE_IN_USE', message, {
    kind: 'conflict',
    hint: 'remove the container or the other references first, or use force',
  })
}
