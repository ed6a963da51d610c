import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'

const mebibyte = 1024 * 1024
/** Its idle connections end before any server's do. */
const agent = new Agent({ keepAlive: true, maxSockets: 64, timeout: 1000 })

/** Media type of the manifests that {@link pushImage} makes. */
export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json'

/** A blob made of one random mebibyte, again and again, so that a large one costs no memory; its first bytes make it unlike others. */
export interface RepeatedBlob {
  readonly digest: string
  readonly sizeBytes: number
  readonly chunks: readonly Buffer[]
}

/** Makes a blob of so many mebibytes. */
export function repeatedBlob(mebibytes: number, filler: Buffer = randomBytes(mebibyte)): RepeatedBlob {
  const chunks = [randomBytes(mebibyte), ...Array.from({ length: mebibytes - 1 }, () => filler)]
  const hash = createHash('sha256')
  for (const chunk of chunks) hash.update(chunk)
  return { digest: `sha256:${hash.digest('hex')}`, sizeBytes: mebibytes * mebibyte, chunks }
}

/** Pushes a blob as docker does: POST, one PATCH, PUT. */
export async function pushBlob(host: string, repository: string, { digest, sizeBytes, chunks }: RepeatedBlob): Promise<void> {
  const begun = await send(host, 'POST', `/v2/${repository}/blobs/uploads/`, { status: 202 })
  const patched = await send(host, 'PATCH', locationOf(begun), { status: 202, body: chunks, headers: { 'content-length': sizeBytes } })
  const location = locationOf(patched)
  await send(host, 'PUT', `${location}${location.includes('?') ? '&' : '?'}digest=${digest}`, { status: 201 })
}

/** Pushes an image of one layer; gives the digest of its manifest. */
export async function pushImage(host: string, repository: string, layer: RepeatedBlob): Promise<string> {
  const config = repeatedBlob(1)
  await pushBlob(host, repository, layer)
  await pushBlob(host, repository, config)
  const [configMediaType, layerMediaType] = ['application/vnd.oci.image.config.v1+json', 'application/vnd.oci.image.layer.v1.tar']
  const mediaType = OCI_MANIFEST
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType,
      config: { mediaType: configMediaType, digest: config.digest, size: config.sizeBytes },
      layers: [{ mediaType: layerMediaType, digest: layer.digest, size: layer.sizeBytes }],
    }),
  )
  const headers = { 'content-type': mediaType, 'content-length': manifest.length }
  await send(host, 'PUT', `/v2/${repository}/manifests/latest`, { status: 201, body: [manifest], headers })
  return `sha256:${createHash('sha256').update(manifest).digest('hex')}`
}

interface SendOptions {
  /** The one that must come back. */
  readonly status: number
  readonly body?: readonly Buffer[]
  readonly headers?: Readonly<Record<string, string | number>>
}

async function send(
  host: string,
  method: string,
  path: string,
  { status, body = [], headers = {} }: SendOptions,
): Promise<IncomingMessage> {
  const { pathname, search } = new URL(path, `http://${host}`)
  const outgoing = request(`http://${host}${pathname}${search}`, { method, headers: { 'content-length': 0, ...headers }, agent })
  const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>
  for (const chunk of body) if (!outgoing.write(chunk)) await Promise.race([once(outgoing, 'drain'), answered])
  outgoing.end()
  const [response] = await answered
  response.resume()
  await once(response, 'end')
  if (response.statusCode !== status) throw new Error(`${method} ${path} answered ${response.statusCode}`)
  return response
}

function locationOf({ headers }: IncomingMessage): string {
  if (headers.location === undefined) throw new Error('no Location')
  return headers.location
}
