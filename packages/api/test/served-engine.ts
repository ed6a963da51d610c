import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEngine, type Engine } from '@ct/engine'
import { createClient } from '../src/client/client.ts'
import { imageLoad } from '../src/endpoints/image-load.ts'
import { type ApiServer, serve } from '../src/server/serve.ts'
import { busyboxDirectory } from './busybox.ts'
import { dockerArchive } from './docker-archive.ts'

/** Our own engine, served on a socket of its own, with an image `busybox:latest`. */
export interface ServedEngine extends AsyncDisposable {
  readonly host: string
  readonly engine: Engine
  /** What the server logged. */
  readonly log: readonly string[]
}

/** Makes an engine in temporary directories and serves it; disposing removes its containers, and everything. */
export async function startServedEngine(): Promise<ServedEngine> {
  const directory = mkdtempSync(join(tmpdir(), 'ct-api-'))
  const log: string[] = []
  const onLog = (line: string): void => void log.push(line)
  let engine: Engine | undefined
  let server: ApiServer | undefined
  const stop = async (): Promise<void> => {
    for (const { id } of engine?.containers.list({ all: true }) ?? []) await engine?.containers.remove(id, { force: true, volumes: true })
    await server?.close()
    await engine?.close()
    rmSync(directory, { recursive: true, force: true })
  }
  try {
    engine = await createEngine({ root: join(directory, 'root'), runtimeDirectory: join(directory, 'run'), onLog })
    server = await serve(engine, { listen: [`unix://${join(directory, 'ct.sock')}`], onLog })
    const [host = ''] = server.addresses
    const files = join(directory, 'busybox')
    mkdirSync(files)
    const layer = execFileSync('tar', ['-C', busyboxDirectory(files), '-c', '.'], { maxBuffer: 64 << 20 })
    const body = dockerArchive('busybox:latest', layer, { Cmd: ['sh'], Env: ['PATH=/bin'] })
    for await (const _message of createClient({ host }).stream(imageLoad, { body }));
    return { host, engine, log, [Symbol.asyncDispose]: stop }
  } catch (error) {
    await stop()
    throw error
  }
}
