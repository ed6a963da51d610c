import { spawn } from 'node:child_process'
import { createHash, randomInt } from 'node:crypto'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Cleanup } from '../src/cleanup.ts'
import { output } from '../src/command.ts'
import { startCtRegistry } from '../src/ct-registry.ts'
import { havePeers, startDockerRegistry } from '../src/peers.ts'
import { OCI_MANIFEST, pushImage, repeatedBlob } from '../src/raw-registry.ts'
import { scratchDirectory } from '../src/scratch.ts'

/** `CT_KILL_ROUNDS=200` looks longer. */
const ROUNDS = Number(process.env.CT_KILL_ROUNDS ?? 3)
const timeout = 180_000 + ROUNDS * 10_000
const program = fileURLToPath(new URL('../bench/copy-image.mjs', import.meta.url))
const digestOf = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

const present = (
  [
    ['our registry', startCtRegistry, true],
    ['docker-registry', startDockerRegistry, havePeers('docker-registry')],
  ] as const
).filter(([, , isHere]) => isHere)

describe.each(present)('a client killed at any moment, beside %s', { timeout }, (_, start) => {
  const cleanup = new Cleanup()
  let directory: string
  let host: string
  let digest: string

  beforeAll(async () => {
    directory = cleanup.use(await scratchDirectory('client-kill')).path
    const registry = await start(directory)
    cleanup.use(registry.service)
    host = registry.host
    digest = await pushImage(host, 'team/app', repeatedBlob(24))
  })
  afterAll(() => cleanup[Symbol.asyncDispose]())

  it('leaves no damaged blob in a layout, and the next one completes it', async () => {
    const from = `docker://${host}/team/app:latest`
    const durationMs = await timed(() => output([process.execPath, program, from, `oci:${directory}/timed:1`]))
    const layout = join(directory, 'layout')
    for (let round = 0; round < ROUNDS; round++) {
      await killed([from, `oci:${layout}:1`], randomInt(1, durationMs))
      await expectWholeBlobs(layout)
    }
    await output([process.execPath, program, from, `oci:${layout}:1`])
    const blobs = await expectWholeBlobs(layout)
    expect(blobs).toContain(digest)
    expect(blobs).toHaveLength(3)
    expect(await indexed(layout)).toEqual([digest])
  })

  it('leaves no tag without its image in a registry, and the next one completes it', async () => {
    const layout = join(directory, 'source')
    await output([process.execPath, program, `docker://${host}/team/app:latest`, `oci:${layout}:1`])
    const from = `oci:${layout}:1`
    const durationMs = await timed(() => output([process.execPath, program, from, `docker://${host}/timed/app:1`]))
    for (let round = 0; round < ROUNDS; round++) {
      const repository = `killed/app-${round}`
      await killed([from, `docker://${host}/${repository}:1`], randomInt(1, durationMs))
      const tag = await manifestAt(host, repository)
      if (tag !== undefined) await expectWholeImage(host, repository, digest)
      await output([process.execPath, program, from, `docker://${host}/${repository}:1`])
      await expectWholeImage(host, repository, digest)
    }
  })
})

/** Starts the program and kills it after a while, if it is not done by then. */
async function killed(places: readonly string[], afterMs: number): Promise<void> {
  const child = spawn(process.execPath, [program, ...places], { stdio: 'ignore' })
  const timer = setTimeout(() => child.kill('SIGKILL'), afterMs)
  await once(child, 'exit')
  clearTimeout(timer)
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return Math.ceil(performance.now() - start) + 1
}

/** Reads every blob that a layout shows under a digest, and gives the digests. A layout that is not there yet has none. */
async function expectWholeBlobs(layout: string): Promise<string[]> {
  const blobs = join(layout, 'blobs/sha256')
  const shown = (await namesIn(blobs)).filter((name) => /^[0-9a-f]{64}$/.test(name)).map((name) => `sha256:${name}`)
  for (const digest of shown) expect(digestOf(await readFile(join(blobs, digest.slice('sha256:'.length))))).toBe(digest)
  return shown
}

async function namesIn(path: string): Promise<string[]> {
  try {
    return await readdir(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

async function indexed(layout: string): Promise<string[]> {
  const { manifests } = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8')) as { manifests: { digest: string }[] }
  return manifests.map(({ digest }) => digest)
}

async function manifestAt(host: string, repository: string): Promise<Buffer | undefined> {
  const answer = await fetch(`http://${host}/v2/${repository}/manifests/1`, { headers: { accept: OCI_MANIFEST } })
  const bytes = Buffer.from(await answer.arrayBuffer())
  if (answer.status === 404) return undefined
  expect(answer.status).toBe(200)
  return bytes
}

async function expectWholeImage(host: string, repository: string, digest: string): Promise<void> {
  const manifest = (await manifestAt(host, repository)) ?? Buffer.alloc(0)
  expect(digestOf(manifest)).toBe(digest)
  const { config, layers } = JSON.parse(manifest.toString()) as { config: { digest: string }; layers: { digest: string }[] }
  for (const blob of [config, ...layers]) {
    const answer = await fetch(`http://${host}/v2/${repository}/blobs/${blob.digest}`)
    expect(digestOf(Buffer.from(await answer.arrayBuffer()))).toBe(blob.digest)
  }
}
