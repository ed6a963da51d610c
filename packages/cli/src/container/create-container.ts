import { stat, writeFile } from 'node:fs/promises'
import { type Client, type ContainerCreateBody, containerCreate } from '@ct/api'
import { hasErrno, isCtError } from '@ct/errors'
import type { Context } from '../context.ts'
import { badFlag } from '../create/bad-flag.ts'
import { pullImage } from '../image/pull-image.ts'
import { splitReference } from '../image/reference.ts'

/** How a container is made. */
export interface CreateOptions {
  readonly name?: string | undefined
  readonly platform?: string | undefined
  /** `always`, `missing` or `never`. @default 'missing' */
  readonly pull?: string | undefined
  /** Do not show the progress of a pull. */
  readonly quiet?: boolean | undefined
  /** A file that must not exist; it gets the id. */
  readonly cidfile?: string | undefined
}

/** Creates a container, pulling its image when the daemon does not have it; gives the id. Warnings go to stderr. */
export async function createContainer(
  client: Client,
  context: Context,
  body: ContainerCreateBody,
  { name, platform, pull = 'missing', quiet, cidfile }: CreateOptions,
): Promise<string> {
  if (!['always', 'missing', 'never'].includes(pull)) throw badFlag('pull', pull, 'always, missing or never')
  if (cidfile !== undefined) await requireNoFile(cidfile)
  const image = body.Image ?? ''
  const progress = quiet === true ? undefined : context.stderr
  const create = () => client.call(containerCreate, { query: { name, platform }, body })
  if (pull === 'always') await pullImage(client, context, image, { platform, progress })
  let created: Awaited<ReturnType<typeof create>>
  try {
    created = await create()
  } catch (error) {
    if (pull === 'never' || !isCtError(error) || error.kind !== 'not-found' || !/no such image/i.test(error.message)) throw error
    const { name: repository, tag, digest } = splitReference(image)
    context.stderr.write(`Unable to find image '${digest === undefined ? `${repository}:${tag ?? 'latest'}` : image}' locally\n`)
    await pullImage(client, context, image, { platform, progress })
    created = await create()
  }
  for (const warning of created.Warnings ?? []) context.stderr.write(`WARNING: ${warning}\n`)
  if (cidfile !== undefined) await writeFile(cidfile, created.Id, { flag: 'wx' })
  return created.Id
}

/** Whether the file is there already is asked before there is a container that nobody would know of. */
async function requireNoFile(path: string): Promise<void> {
  try {
    await stat(path)
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return
    throw badFlag('cidfile', path, String(error))
  }
  throw badFlag('cidfile', path, 'the file exists already')
}
