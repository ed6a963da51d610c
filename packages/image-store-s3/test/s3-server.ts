import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import S3rver from 's3rver'

/** What a server of these tests knows an account by. */
export const credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' }

/** A server that speaks S3, with a bucket called `images`, until it is disposed of. */
export async function startS3Server() {
  const directory = await mkdtemp(join(tmpdir(), 'ct-s3-'))
  const server = new S3rver({ port: 0, address: '127.0.0.1', silent: true, directory, configureBuckets: [{ name: 'images', configs: [] }] })
  const { port } = (await server.run()) as AddressInfo
  return {
    endpoint: `http://127.0.0.1:${port}`,
    /** A path for what the server keeps as an object; the name is the server's own. */
    pathOf: (key: string) => join(directory, 'images', `${key}._S3rver_object`),
    /** Keeps the server from removing a directory that is empty while another request writes to it, which it is not careful about. */
    async keep(...folders: readonly string[]): Promise<void> {
      for (const folder of folders) {
        const path = join(directory, 'images', folder, 'kept')
        await mkdir(dirname(path), { recursive: true })
        await writeFile(path, '')
      }
    },
    async [Symbol.asyncDispose]() {
      await server.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** A server of the tests. */
export type S3Server = Awaited<ReturnType<typeof startS3Server>>
