import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import S3rver from 's3rver'

/** A service that speaks S3, for as long as this runs; yours is Amazon's, MinIO, Ceph or R2. */
export async function startBucket() {
  const directory = await mkdtemp('/var/tmp/ct-bucket-')
  const server = new S3rver({ port: 0, address: '127.0.0.1', silent: true, directory, configureBuckets: [{ name: 'images', configs: [] }] })
  const { port } = (await server.run()) as AddressInfo
  return {
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
    async [Symbol.asyncDispose]() {
      await server.close()
      await rm(directory, { recursive: true })
    },
  }
}
