import { createHash, randomBytes, randomInt } from 'node:crypto'
import { expect, it } from 'vitest'
import { startCtRegistry } from '../src/ct-registry.ts'
import { OCI_MANIFEST, pushImage, repeatedBlob } from '../src/raw-registry.ts'
import { scratchDirectory } from '../src/scratch.ts'

/** `CT_KILL_ROUNDS=200` is the long run. */
const ROUNDS = Number(process.env.CT_KILL_ROUNDS ?? 10)
const filler = randomBytes(1024 * 1024)

/** Pushes images until the registry is gone, and notes those that it has accepted. */
async function pushUntilGone(host: string, accepted: Set<string>): Promise<void> {
  for (;;) {
    try {
      accepted.add(await pushImage(host, 'team/app', repeatedBlob(randomInt(1, 4), filler)))
    } catch {
      return
    }
  }
}

async function digestAt(url: string): Promise<{ readonly digest: string; readonly bytes: Buffer }> {
  const answer = await fetch(url, { headers: { accept: OCI_MANIFEST } })
  const bytes = Buffer.from(await answer.arrayBuffer())
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${bytes}`)
  return { digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`, bytes }
}

it(
  'a registry killed at any moment has lost nothing that it had accepted, and serves nothing damaged',
  async () => {
    await using scratch = await scratchDirectory('registry-kill')
    const accepted = new Set<string>()
    for (let round = 0; round < ROUNDS; round++) {
      const { host, service } = await startCtRegistry(scratch.path)
      await using _service = service
      const pushing = [1, 2, 3].map(() => pushUntilGone(host, accepted))
      await new Promise((resolve) => setTimeout(resolve, randomInt(50, 600)))
      await service.kill('SIGKILL')
      await Promise.all(pushing)
    }
    expect(accepted.size).toBeGreaterThan(0)
    const { host, service } = await startCtRegistry(scratch.path)
    await using _service = service
    for (const digest of accepted) {
      const base = `http://${host}/v2/team/app`
      const manifest = await digestAt(`${base}/manifests/${digest}`)
      expect(manifest.digest).toBe(digest)
      const { config, layers } = JSON.parse(manifest.bytes.toString()) as { config: { digest: string }; layers: { digest: string }[] }
      for (const blob of [config, ...layers]) expect((await digestAt(`${base}/blobs/${blob.digest}`)).digest).toBe(blob.digest)
    }
    const { tags } = JSON.parse((await digestAt(`http://${host}/v2/team/app/tags/list`)).bytes.toString()) as { tags: string[] }
    expect(tags).toEqual(['latest'])
    expect(accepted).toContain((await digestAt(`http://${host}/v2/team/app/manifests/latest`)).digest)
  },
  60_000 + ROUNDS * 12_000,
)
