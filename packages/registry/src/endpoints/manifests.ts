import { type Descriptor, isDigest, MAX_DOCUMENT_BYTES } from '@ct/image'
import { DistributionError } from '../errors.ts'
import { answerEmpty, type Exchange } from '../exchange.ts'

/** GET and HEAD of a manifest, by tag or digest; the bytes are those that were pushed. */
export async function getManifest(exchange: Exchange): Promise<void> {
  const { request, response, registry, repository, reference, admission, signal } = exchange
  const descriptor = await resolveManifest(exchange)
  const head = {
    'content-type': descriptor.mediaType,
    'content-length': descriptor.size,
    'docker-content-digest': descriptor.digest,
    etag: `"${descriptor.digest}"`,
  }
  if (request.headers['if-none-match'] === head.etag) return void response.writeHead(304, { etag: head.etag }).end()
  if (request.method === 'HEAD') return void response.writeHead(200, head).end()
  const bytes = await registry.manifests.read(descriptor, signal)
  response.writeHead(200, head).end(bytes)
  registry.emit({ action: 'pull', repository: repository.name, digest: descriptor.digest, tag: tagOf(reference), user: admission.user })
}

/** DELETE by tag removes the tag; by digest, the manifest from this repository with all its tags. */
export async function deleteManifest(exchange: Exchange): Promise<void> {
  const { registry, repository, reference, admission } = exchange
  const gone = await registry.locks.run(repository.name, async () => {
    const descriptor = await repository.findManifest(reference)
    if (descriptor === undefined) throw unknownManifest(exchange)
    if (!isDigest(reference)) {
      await repository.untag(reference)
      return descriptor
    }
    for (const { tag, descriptor } of await repository.tags()) if (descriptor.digest === reference) await repository.untag(tag)
    await repository.unlink(reference)
    return descriptor
  })
  answerEmpty(exchange, 202, {})
  registry.emit({ action: 'delete', repository: repository.name, digest: gone.digest, tag: tagOf(reference), user: admission.user })
}

async function resolveManifest(exchange: Exchange): Promise<Descriptor> {
  const { registry, repository, reference, signal } = exchange
  const own = await repository.findManifest(reference)
  const found = registry.upstream === undefined ? own : await registry.upstream.refreshManifest(repository, { reference, own, signal })
  if (found === undefined || found.size > MAX_DOCUMENT_BYTES) throw unknownManifest(exchange)
  return found
}

function unknownManifest({ repository, reference }: Exchange): DistributionError {
  return new DistributionError('DISTRIBUTION_MANIFEST_UNKNOWN', `no manifest ${reference.slice(0, 200)} in ${repository.name}`)
}

function tagOf(reference: string): string | undefined {
  return isDigest(reference) ? undefined : reference
}
