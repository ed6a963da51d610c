import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, it } from 'vitest'
import { Cleanup } from '../src/cleanup.ts'
import { output } from '../src/command.ts'
import { debianArchive } from '../src/debian-image.ts'
import { compare, type Row, rowsOf, table } from '../src/measure.ts'
import { startDockerRegistry } from '../src/peers.ts'
import { scratchDirectory } from '../src/scratch.ts'

const program = fileURLToPath(new URL('./copy-image.mjs', import.meta.url))
const cleanup = new Cleanup()
const rows: Row[] = []
let directory: string
let host: string
let image: string

/** `skopeo copy` and our program, whole processes both. */
const skopeo = (...places: readonly [string, string]) =>
  output(['skopeo', 'copy', '--quiet', '--src-tls-verify=false', '--dest-tls-verify=false', ...places])
const ours = (...places: readonly [string, string]) => output([process.execPath, program, ...places])

beforeAll(async () => {
  delete process.env.NODE_EXTRA_CA_CERTS
  directory = cleanup.use(await scratchDirectory('bench-client')).path
  const registry = await startDockerRegistry(directory)
  cleanup.use(registry.service)
  host = registry.host
  image = `${host}/library/debian:ct`
  await skopeo(`docker-archive:${await debianArchive()}`, `docker://${image}`)
})
afterAll(async () => {
  console.log(table(rows))
  await cleanup[Symbol.asyncDispose]()
})

it('pull to an OCI layout', async () => {
  const [a, b] = [join(directory, 'ours'), join(directory, 'theirs')]
  const reset = () => Promise.all([a, b].map((path) => rm(path, { recursive: true, force: true })))
  const medians = await compare(
    [
      { name: 'ct', reset, once: () => ours(`docker://${image}`, `oci:${a}:1`) },
      { name: 'skopeo', once: () => skopeo(`docker://${image}`, `oci:${b}:1`) },
    ],
    5,
  )
  rows.push(...rowsOf('pull of Debian to an OCI layout', medians, { skopeo: 0.7 }))
})

it('push from an OCI layout', async () => {
  const layout = join(directory, 'layout')
  await skopeo(`docker://${image}`, `oci:${layout}:1`)
  await cp(layout, `${layout}-ours`, { recursive: true })
  let round = 0
  const medians = await compare(
    [
      { name: 'ct', once: () => ours(`oci:${layout}-ours:1`, `docker://${host}/ours/app-${round++}:1`) },
      { name: 'skopeo', once: () => skopeo(`oci:${layout}:1`, `docker://${host}/theirs/app-${round++}:1`) },
    ],
    5,
  )
  rows.push(...rowsOf('push of Debian from an OCI layout', medians, { skopeo: 0.8 }))
})

it('copy that is up to date', async () => {
  const [a, b] = [`docker://${host}/ours/again:1`, `docker://${host}/theirs/again:1`]
  const medians = await compare(
    [
      { name: 'ct', once: () => ours(`docker://${image}`, a) },
      { name: 'skopeo', once: () => skopeo(`docker://${image}`, b) },
    ],
    5,
  )
  rows.push(...rowsOf('copy between repositories, up to date', medians, { skopeo: 1 }))
})
