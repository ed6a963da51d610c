import type { Digest } from '@ct/image'
import { DistributionError } from '../errors.ts'
import type { RegistryState } from '../exchange.ts'
import type { Repository } from '../repository.ts'

/** Bytes of blobs that a repository may still take; without a quota, any number. */
export async function quotaLeft({ maxRepositoryBytes }: RegistryState, repository: Repository): Promise<number> {
  if (maxRepositoryBytes === Number.POSITIVE_INFINITY) return maxRepositoryBytes
  return maxRepositoryBytes - (await repository.blobs()).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
}

/** A blob that is to come into a repository. */
export interface NewBlob {
  readonly digest: Digest
  readonly sizeBytes: number
  readonly link: () => Promise<void>
}

/**
 * Links a blob when it fits. Where there is a quota, blobs come in one by one, for each must count for the next; one that is there already
 * adds nothing.
 * @throws DistributionError `DISTRIBUTION_DENIED` when the repository would have more bytes of blobs than it may
 */
export async function withinQuota(registry: RegistryState, repository: Repository, { digest, sizeBytes, link }: NewBlob): Promise<void> {
  if (registry.maxRepositoryBytes === Number.POSITIVE_INFINITY) return link()
  await registry.locks.run(repository.name, async () => {
    const isNew = (await repository.findBlob(digest)) === undefined
    if (isNew && sizeBytes > (await quotaLeft(registry, repository))) throw quotaExceeded(registry, repository)
    await link()
  })
}

/** The error for a blob that is too much. */
export function quotaExceeded({ maxRepositoryBytes }: RegistryState, { name }: Repository): DistributionError {
  return new DistributionError('DISTRIBUTION_DENIED', `${name} would exceed its quota of ${maxRepositoryBytes} bytes`)
}
