import { DistributionError } from '../errors.ts'
import type { RegistryState } from '../exchange.ts'
import type { Repository } from '../repository.ts'

/** Throws DistributionError `DISTRIBUTION_DENIED` when a repository would have more bytes of blobs than it may. */
export async function checkQuota({ maxRepositoryBytes }: RegistryState, repository: Repository, addedBytes: number): Promise<void> {
  if (maxRepositoryBytes === Number.POSITIVE_INFINITY) return
  const used = (await repository.blobs()).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  if (used + addedBytes <= maxRepositoryBytes) return
  throw new DistributionError(
    'DISTRIBUTION_DENIED',
    `${repository.name} has ${used} bytes; with ${addedBytes} more it would exceed its quota of ${maxRepositoryBytes}`,
  )
}
