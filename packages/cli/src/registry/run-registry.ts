import { isCtError } from '@ct/errors'
import { parseReference } from '@ct/image'
import { type RegistryOptions, serveRegistry } from '@ct/registry'
import { createRegistryClient } from '@ct/registry-client'
import type { Context } from '../context.ts'
import { badFlag, countFlag } from '../create/bad-flag.ts'
import { openStorage, type StorageFlags, storageOf } from './open-storage.ts'
import { holdRegistryRoot, type RegistryTasks } from './registry-root.ts'
import { type RetentionFlags, retentionRules } from './retention-rules.ts'
import { type ServeFlags, serveOptions } from './serve-options.ts'

/** All flags of `ct registry serve`. */
export interface RunFlags extends ServeFlags, StorageFlags, RetentionFlags {
  readonly upstream?: string | undefined
  readonly uploads?: string | undefined
  readonly 'gc-interval'?: string | undefined
  readonly quiet?: boolean | undefined
}

/** Each upload to a bucket has two parts in memory. */
const BUCKET_UPLOADS = 100
/** Timers take no more than 2^31 milliseconds; with more they go off at once, and again and again. */
const MOST_MINUTES = 35_000

/** Serves a registry until SIGTERM or SIGINT; gives the exit status. */
export async function runRegistry(flags: RunFlags, context: Context): Promise<number> {
  const { stdout, stderr, env, onSignal } = context
  const log = (record: object): void => void stderr.write(`${JSON.stringify({ time: new Date().toISOString(), ...record })}\n`)
  const onError = (error: unknown): void => log({ level: 'error', message: error instanceof Error ? error.message : String(error) })
  const intervalMinutes = countFlag('gc-interval', flags['gc-interval'], { least: 0, most: MOST_MINUTES }) ?? 60
  const options = await serveOptions(flags, env.CT_WEBHOOK_SECRET)
  const retention = await retentionRules(flags)
  const storage = storageOf(flags, context)
  let tasks: RegistryTasks | undefined
  // A bucket is shared with others; a directory is ours alone.
  await using _held = storage.root === undefined ? undefined : await holdRegistryRoot(storage.root, () => tasks)
  await using client = createRegistryClient({ userAgent: 'ct-registry' })
  using opened = await openStorage(storage)
  await using running = await serveRegistry({
    ...options,
    store: opened.store,
    upstream: upstreamOf(flags, client),
    uploadLimit: countFlag('uploads', flags.uploads) ?? (storage.root === undefined ? BUCKET_UPLOADS : undefined),
    onError,
    ...(flags.quiet !== true && { onRequest: (record) => log({ level: 'info', ...record }) }),
  })
  tasks = { collect: (request) => running.collect({ retention, ...request }), checkReferrers: running.checkReferrers }
  const collecting = setInterval(() => void running.collect({ retention }).catch(onError), intervalMinutes * 60_000).unref()
  if (intervalMinutes === 0) clearInterval(collecting)
  stdout.write(`ct registry ready on ${running.url}\n`)
  await stopSignal(onSignal)
  clearInterval(collecting)
  return 0
}

/** A word without a dot or a port would be taken for a part of a name at Docker Hub. */
function upstreamOf(flags: RunFlags, client: ReturnType<typeof createRegistryClient>): RegistryOptions['upstream'] {
  const { upstream: host, quota } = flags
  if (host === undefined) return undefined
  if (!isRegistry(host)) throw badFlag('upstream', host, 'write the name of a registry, as in registry.example or localhost:5000')
  if (quota !== undefined) throw badFlag('quota', quota, 'it limits pushes, which a cache of --upstream does not take')
  return { source: (repository) => client.repository(`${host}/${repository}`) }
}

function isRegistry(host: string): boolean {
  try {
    return parseReference(`${host}/name`).registry === host
  } catch (error) {
    if (isCtError(error) && error.kind === 'invalid') return false
    throw error
  }
}

async function stopSignal(onSignal: Context['onSignal']): Promise<void> {
  const stops: (() => void)[] = []
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) stops.push(onSignal(signal, resolve))
  })
  for (const stop of stops) stop()
}
