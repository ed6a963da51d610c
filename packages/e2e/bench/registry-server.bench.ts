import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Cleanup } from '../src/cleanup.ts'
import { output } from '../src/command.ts'
import { startCtRegistry } from '../src/ct-registry.ts'
import { compare, median, type Row, rowsOf, table } from '../src/measure.ts'
import { peakResidentBytes } from '../src/memory.ts'
import { startDockerRegistry } from '../src/peers.ts'
import { OCI_MANIFEST, pushBlob, pushImage, repeatedBlob } from '../src/raw-registry.ts'
import { scratchDirectory } from '../src/scratch.ts'
import type { Service } from '../src/service.ts'

const repository = 'team/app'
const layer = repeatedBlob(27)
const cleanup = new Cleanup()
const rows: Row[] = []
let ours: { readonly host: string; readonly service: Service }
let theirs: { readonly host: string; readonly service: Service }
let manifestPaths: readonly string[]

beforeAll(async () => {
  delete process.env.NODE_EXTRA_CA_CERTS
  const { path } = cleanup.use(await scratchDirectory('bench-registry'))
  ours = await startCtRegistry(path)
  cleanup.use(ours.service)
  theirs = await startDockerRegistry(path)
  cleanup.use(theirs.service)
  const digests = await Promise.all([ours, theirs].map(({ host }) => pushImage(host, repository, layer)))
  manifestPaths = digests.map((digest) => `/v2/${repository}/manifests/${digest}`)
})
afterAll(async () => {
  console.log(table(rows))
  await cleanup[Symbol.asyncDispose]()
})

/** What wrk counts for a path, per second: requests, or bytes where a request takes long. */
async function rateOf(url: string, { clients, unit }: { readonly clients: number; readonly unit: Unit }): Promise<number> {
  const load = [`-t${Math.min(2, clients)}`, `-c${clients}`, '-d3s', '--timeout', '30s']
  const report = await output(['wrk', ...load, '-H', `Accept: ${OCI_MANIFEST}`, url])
  if (/Non-2xx|Socket errors/.test(report)) throw new Error(report)
  const [, value, scale = ''] =
    (unit === 'requests' ? /Requests\/sec:\s+([\d.]+)/ : /Transfer\/sec:\s+([\d.]+)([KMG]?)B/).exec(report) ?? []
  return Number(value) * (unit === 'MB' ? ({ K: 1e-3, G: 1e3 }[scale] ?? 1) : 1)
}
type Unit = 'requests' | 'MB'

const manifest = { what: 'manifest by digest', unit: 'requests', goal: 0.2, path: (index: number) => manifestPaths[index] } as const
const tag = { what: 'manifest by tag', unit: 'requests', goal: 0.2, path: () => `/v2/${repository}/manifests/latest` } as const
const blob = { what: '27 MiB blob', unit: 'MB', goal: 1, path: () => `/v2/${repository}/blobs/${layer.digest}` } as const

describe.each([1, 16])('GET by %i clients', (clients) => {
  it.each([manifest, tag, blob])('$what', async ({ what, unit, goal, path }) => {
    const rates = [ours, theirs].map(({ host }, index) => ({ url: `http://${host}${path(index)}`, seen: [] as number[] }))
    for (let round = 0; round < 3; round++) for (const { url, seen } of rates) seen.push(await rateOf(url, { clients, unit }))
    const [a = 0, b = 0] = rates.map(({ seen }) => median(seen))
    const text = (rate: number): string => `${rate.toFixed(0)} ${unit}/s`
    rows.push({ what: `GET ${what}, ${clients} clients`, ours: text(a), theirs: `docker-registry ${text(b)}`, ratio: b / a, goal })
  })
})

it.each([1, 8])('push of blobs, %i at once', async (atOnce) => {
  let blobs = [repeatedBlob(1)]
  const reset = async (): Promise<void> => {
    blobs = Array.from({ length: atOnce }, () => repeatedBlob(32))
  }
  const pusher = (name: string, host: string) => ({
    name,
    reset,
    once: () => Promise.all(blobs.map((blob) => pushBlob(host, repository, blob))),
  })
  const medians = await compare([pusher('ct', ours.host), pusher('docker-registry', theirs.host)], 7)
  rows.push(...rowsOf(`push of a 32 MiB blob, ${atOnce} at once`, medians, { 'docker-registry': 1 }))
})

it('memory under 64 uploads of 100 MB', async () => {
  const filler = repeatedBlob(1).chunks[0]
  for (const { host } of [ours, theirs]) {
    const blobs = Array.from({ length: 64 }, () => repeatedBlob(100, filler))
    await Promise.all(blobs.map((blob) => pushBlob(host, repository, blob)))
  }
  const [a, b] = [await peakResidentBytes(ours.service.pid), await peakResidentBytes(theirs.service.pid)]
  const unit = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`
  rows.push({ what: 'peak memory, 64 uploads of 100 MiB', ours: unit(a), theirs: `docker-registry ${unit(b)}`, ratio: a / 512e6, goal: 1 })
  expect(a).toBeLessThan(512e6)
})
