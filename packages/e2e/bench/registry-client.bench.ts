import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, it } from 'vitest'
import { Cleanup } from '../src/cleanup.ts'
import { output } from '../src/command.ts'
import { debianArchive } from '../src/debian-image.ts'
import { writeLargeImage } from '../src/large-image.ts'
import { compare, type Row, rowsOf, table } from '../src/measure.ts'
import { startDockerRegistry } from '../src/peers.ts'
import { scratchDirectory } from '../src/scratch.ts'

const program = fileURLToPath(new URL('./copy-image.mjs', import.meta.url))
const cleanup = new Cleanup()
const rows: Row[] = []
let directory: string
let host: string

/** `skopeo copy` and our program, whole processes both. skopeo remembers what a registry has; here each time is its first. */
const forgetful = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs tmpfs /var/lib/containers/cache; exec "$@"', 'sh']
const skopeo = (...places: readonly [string, string]) =>
  output([...forgetful, 'skopeo', 'copy', '--quiet', '--src-tls-verify=false', '--dest-tls-verify=false', ...places])
const ours = (...places: readonly [string, string]) => output([process.execPath, program, ...places])

/** The sizes of an application image such as docker's users have: half a gigabyte, in five layers. */
const LARGE = [200, 150, 100, 60, 30].map((mebibytes) => mebibytes * 1024 * 1024)

beforeAll(async () => {
  delete process.env.NODE_EXTRA_CA_CERTS
  directory = cleanup.use(await scratchDirectory('bench-client')).path
  await mkdir('/var/lib/containers/cache', { recursive: true })
  const registry = await startDockerRegistry(directory)
  cleanup.use(registry.service)
  host = registry.host
  const large = join(directory, 'large')
  await writeLargeImage(large, '1', LARGE)
  await skopeo(`oci:${large}:1`, `docker://${host}/library/large:1`)
  await skopeo(`docker-archive:${await debianArchive()}`, `docker://${host}/library/debian:1`)
})
afterAll(async () => {
  console.log(table(rows))
  await cleanup[Symbol.asyncDispose]()
})

it.each([
  ['540 MB in five layers', 'large'],
  ['Debian, 63 MB in one', 'debian'],
])('pull of %s to an OCI layout', async (what, name) => {
  const [a, b] = [join(directory, 'ours'), join(directory, 'theirs')]
  const image = `docker://${host}/library/${name}:1`
  const reset = () => Promise.all([a, b].map((path) => rm(path, { recursive: true, force: true })))
  const medians = await compare(
    [
      { name: 'ct', reset, once: () => ours(image, `oci:${a}:1`) },
      { name: 'skopeo', once: () => skopeo(image, `oci:${b}:1`) },
    ],
    5,
  )
  rows.push(...rowsOf(`pull to an OCI layout: ${what}`, medians, { skopeo: 0.7 }))
})

it.each([
  ['540 MB in five layers', 'large'],
  ['Debian, 63 MB in one', 'debian'],
])('push of %s from an OCI layout', async (what, name) => {
  const layout = join(directory, `from-${name}`)
  await skopeo(`docker://${host}/library/${name}:1`, `oci:${layout}:1`)
  let round = 0
  const medians = await compare(
    [
      { name: 'ct', once: () => ours(`oci:${layout}:1`, `docker://${host}/ours/${name}-${round++}:1`) },
      { name: 'skopeo', once: () => skopeo(`oci:${layout}:1`, `docker://${host}/theirs/${name}-${round++}:1`) },
    ],
    5,
  )
  rows.push(...rowsOf(`push from an OCI layout: ${what}`, medians, { skopeo: 0.8 }))
})

it('copy that is up to date', async () => {
  const image = `docker://${host}/library/debian:1`
  const medians = await compare(
    [
      { name: 'ct', once: () => ours(image, `docker://${host}/ours/again:1`) },
      { name: 'skopeo', once: () => skopeo(image, `docker://${host}/theirs/again:1`) },
    ],
    5,
  )
  rows.push(...rowsOf('copy between repositories, up to date', medians, { skopeo: 1 }))
})
