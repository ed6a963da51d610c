import { DistributionError } from '../errors.ts'
import type { RegistryState } from '../exchange.ts'
import type { Repository } from '../repository.ts'

/** Bytes of blobs that a repository may still take; without a quota, any number. */
export async function quotaLeft({ maxRepositoryBytes }: RegistryState, repository: Repository): Promise<number> {
  if (maxRepositoryBytes === Number.POSITIVE_INFINITY) return maxRepositoryBytes
  return maxRepositoryBytes - (await repository.blobs()).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
}

/** Throws DistributionError `DISTRIBUTION_DENIED` when a repository would have more bytes of blobs than it may. */
export async function checkQuota(registry: RegistryState, repository: Repository, addedBytes: number): Promise<void> {
  if (addedBytes > (await quotaLeft(registry, repository))) throw quotaExceeded(registry, repository)
}

/** The error for a blob that is too much. */
export function quotaExceeded({ maxRepositoryBytes }: RegistryState, { name }: Repository): DistributionError {
  return new DistributionError('DISTRIBUTION_DENIED', `${name} would exceed its quota of ${maxRepositoryBytes} bytes`)
}
