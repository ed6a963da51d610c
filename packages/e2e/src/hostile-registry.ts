import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'

/** What a registry may do wrong while `bad/image:1` is pulled from it. */
export type Misbehaviour =
  | 'corrupt layer'
  | 'truncated layer'
  | 'layer that is no tar'
  | 'unknown media type'
  | '401'
  | '404'
  | '429'
  | '500'
  | 'hangs up'
  | 'another architecture'

const digestOf = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

interface Answers {
  readonly manifest: Buffer
  readonly blobs: ReadonlyMap<string, Buffer>
}

/** Starts a registry on loopback that serves one image, wrongly. */
export async function startHostileRegistry(misbehaviour: Misbehaviour): Promise<{ readonly host: string } & AsyncDisposable> {
  const answers = imageFor(misbehaviour)
  const server = createServer((request, response) => answer(misbehaviour, answers, { request, response }))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    host: `127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** One layer of a single small file, as a tar stream made by hand. */
function tarOfOneFile(): Buffer {
  const header = Buffer.alloc(512)
  header.write('file', 0)
  header.write('0000644\0', 100)
  header.write('0000000\0', 108)
  header.write('0000000\0', 116)
  header.write('00000000000\0', 124)
  header.write('00000000000\0', 136)
  header.write('        0', 148)
  header.write('ustar\0', 257)
  header.write('00', 263)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  header.write('0', 156)
  return recomputed(Buffer.concat([header, Buffer.alloc(1024)]))
}

function recomputed(tar: Buffer): Buffer {
  tar.fill(' ', 148, 156)
  const sum = tar.subarray(0, 512).reduce((total, byte) => total + byte, 0)
  tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return tar
}

function imageFor(misbehaviour: Misbehaviour): Answers {
  const tar = misbehaviour === 'layer that is no tar' ? Buffer.alloc(2048, 'x') : tarOfOneFile()
  const layer = gzipSync(tar)
  const config = Buffer.from(
    JSON.stringify({
      architecture: misbehaviour === 'another architecture' ? 's390x' : process.arch === 'arm64' ? 'arm64' : 'amd64',
      os: 'linux',
      config: { Cmd: ['/file'] },
      rootfs: { type: 'layers', diff_ids: [digestOf(tar)] },
    }),
  )
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(config), size: config.length },
      layers: [{ mediaType: layerType(misbehaviour), digest: digestOf(layer), size: layer.length }],
    }),
  )
  return { manifest, blobs: new Map([config, layer].map((blob) => [digestOf(blob), blob])) }
}

function layerType(misbehaviour: Misbehaviour): string {
  return misbehaviour === 'unknown media type' ? 'application/x-riddle' : 'application/vnd.oci.image.layer.v1.tar+gzip'
}

function answer(
  misbehaviour: Misbehaviour,
  { manifest, blobs }: Answers,
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
): void {
  const refusal = Number(misbehaviour)
  if (misbehaviour === 'hangs up') request.socket.destroy()
  else if (refusal > 0) refuse(response, refusal)
  else if (request.url === '/v2/') response.end('{}')
  else if (request.url?.includes('/manifests/')) sendBytes(response, manifest, 'application/vnd.oci.image.manifest.v1+json')
  else sendBlob(response, blobs.get(request.url?.split('/').at(-1) ?? ''), misbehaviour)
}

function refuse(response: ServerResponse, status: number): void {
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  if (status === 401) headers['www-authenticate'] = 'Basic realm="nobody"'
  if (status === 429) headers['retry-after'] = '0'
  response.writeHead(status, headers).end('{"errors":[]}')
}

function sendBlob(response: ServerResponse, blob: Buffer | undefined, misbehaviour: Misbehaviour): void {
  if (blob === undefined) response.writeHead(404).end()
  else sendBytes(response, damaged(blob, misbehaviour), 'application/octet-stream')
}

function sendBytes(response: ServerResponse, bytes: Buffer, contentType: string): void {
  response.writeHead(200, { 'content-type': contentType, 'docker-content-digest': digestOf(bytes) })
  response.end(response.req.method === 'HEAD' ? undefined : bytes)
}

/** The config is JSON and stays as it is; the layer suffers. */
function damaged(blob: Buffer, misbehaviour: Misbehaviour): Buffer {
  if (blob[0] !== 0x1f) return blob
  if (misbehaviour === 'truncated layer') return blob.subarray(0, blob.length - 10)
  return misbehaviour === 'corrupt layer' ? Buffer.from(blob.map((byte, index) => (index === 20 ? byte ^ 0xff : byte))) : blob
}
