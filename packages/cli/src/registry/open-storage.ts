import { stat } from 'node:fs/promises'
import { hasErrno } from '@ct/errors'
import { ContentStore, type ImageStore } from '@ct/image'
import type { Context } from '../context.ts'
import { badFlag } from '../create/bad-flag.ts'
import type { FlagValues } from '../parser/command.ts'
import { registryRoot } from './registry-root.ts'
import type { STORAGE_FLAGS } from './storage-flags.ts'

/** What {@link STORAGE_FLAGS} were given. */
export type StorageFlags = Partial<FlagValues<typeof STORAGE_FLAGS>>

/** A bucket that registries share, or the directory of one registry alone. */
export type Storage = { readonly root: string } | { readonly root?: undefined; readonly openBucket: () => Promise<ImageStore & Disposable> }

/** Where the flags say that images are. Throws `CLI_BAD_FLAG`. */
export function storageOf(flags: StorageFlags, context: Pick<Context, 'env'>): Storage {
  const { root, storage, 's3-endpoint': endpoint } = flags
  if (storage === undefined) {
    if (endpoint !== undefined) throw badFlag('s3-endpoint', endpoint, 'it belongs to --storage')
    return { root: registryRoot(root, context) }
  }
  if (root !== undefined) throw badFlag('storage', storage, 'images are in a bucket or in --root, not both')
  const [, bucket, prefix] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(storage) ?? []
  if (bucket === undefined) throw badFlag('storage', storage, 'write s3://BUCKET or s3://BUCKET/PREFIX')
  if (endpoint !== undefined && !URL.canParse(endpoint)) throw badFlag('s3-endpoint', endpoint, 'not a URL')
  return { openBucket: () => openBucket({ bucket, prefix, endpoint }, context) }
}

/** Opens the store; disposing lets go of what it holds. */
export async function openStorage(storage: Storage): Promise<Disposable & { readonly store: ImageStore }> {
  if (storage.root !== undefined) return { store: await ContentStore.open(storage.root), [Symbol.dispose]: () => undefined }
  const store = await storage.openBucket()
  return { store, [Symbol.dispose]: () => store[Symbol.dispose]() }
}

/** The same for what must be there already: a directory that nobody made has nothing to clean or check. Throws `CLI_BAD_FLAG`. */
export async function openExisting(storage: Storage): Promise<Disposable & { readonly store: ImageStore }> {
  const { root } = storage
  if (root !== undefined && !(await isDirectory(root))) throw badFlag('root', root, 'there is no registry')
  return openStorage(storage)
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return false
    throw error
  }
}

/** The package comes with the AWS client, which most have no use for: it is installed by those who do, and loaded only here. */
async function openBucket(
  place: { readonly bucket: string; readonly prefix: string | undefined; readonly endpoint: string | undefined },
  { env }: Pick<Context, 'env'>,
): Promise<ImageStore & Disposable> {
  const { S3ImageStore } = await import('@ct/image-store-s3').catch((error: unknown) => {
    if (!hasErrno(error, 'ERR_MODULE_NOT_FOUND')) throw error
    throw badFlag('storage', `s3://${place.bucket}`, 'install @ct/image-store-s3 beside @ct/cli first')
  })
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken } = env
  const given = accessKeyId === undefined || secretAccessKey === undefined ? undefined : { accessKeyId, secretAccessKey }
  return S3ImageStore.open({
    ...place,
    region: env.AWS_REGION ?? env.AWS_DEFAULT_REGION,
    credentials: given && { ...given, ...(sessionToken !== undefined && { sessionToken }) },
  })
}
