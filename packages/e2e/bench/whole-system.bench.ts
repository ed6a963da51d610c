import { afterAll, beforeAll, expect, it } from 'vitest'
import { Cleanup } from '../src/cleanup.ts'
import { output } from '../src/command.ts'
import { Ct } from '../src/ct.ts'
import { debianArchive } from '../src/debian-image.ts'
import { compare, type Row, rowsOf, table } from '../src/measure.ts'
import { parentOf, residentBytes } from '../src/memory.ts'
import { privateContainersCommand, startDockerd, startDockerRegistry } from '../src/peers.ts'
import { scratchDirectory } from '../src/scratch.ts'

const cleanup = new Cleanup()
const rows: Row[] = []
let ct: Ct
let docker: readonly string[]
let podman: readonly string[]
let image: string

beforeAll(async () => {
  // It makes every start of Node parse a file of certificates, which nothing here needs.
  delete process.env.NODE_EXTRA_CA_CERTS
  const { path } = cleanup.use(await scratchDirectory('bench'))
  const registry = await startDockerRegistry(path)
  cleanup.use(registry.service)
  image = `${registry.host}/library/debian:ct`
  await output(['skopeo', 'copy', '--quiet', '--dest-tls-verify=false', `docker-archive:${await debianArchive()}`, `docker://${image}`])
  ct = cleanup.use(await Ct.start(path))
  const dockerd = await startDockerd(`${path}/docker`)
  cleanup.use(dockerd.service)
  docker = ['docker', '-H', dockerd.host]
  podman = privateContainersCommand('podman', path)
  await ct.output(['pull', image])
  await output([...docker, 'pull', '-q', image])
  await output([...podman, 'pull', '-q', '--tls-verify=false', image])
})
afterAll(async () => {
  console.log(table(rows))
  await cleanup[Symbol.asyncDispose]()
})

/** podman raises limits by default, which takes a capability that root may lack. */
const LOW_ULIMITS = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1024:1024']

const ours = (...args: readonly string[]) => ({ name: 'ct', once: () => ct.output(args) })
const dockers = (...args: readonly string[]) => ({ name: 'docker', once: () => output([...docker, ...args]) })
const podmans = (...args: readonly string[]) => ({ name: 'podman', once: () => output([...podman, ...args]) })

it('ct version', async () => {
  rows.push(...rowsOf('`version`, daemon warm', await compare([ours('version'), dockers('version')], 20), { docker: 1.4 }))
})

it('run --rm true without network', async () => {
  const args = ['--rm', '--network', 'none', image, 'true']
  const medians = await compare([ours('run', ...args), dockers('run', ...args), podmans('run', ...LOW_ULIMITS, ...args)], 10)
  rows.push(...rowsOf('`run --rm --network none IMAGE true`', medians, { docker: 0.35, podman: 0.5 }))
})

it('run --rm true on a bridge', async () => {
  const { path } = cleanup.use(await scratchDirectory('bench-bridge'))
  const bridged = await startDockerd(path, { network: true })
  cleanup.use(bridged.service)
  const client = ['docker', '-H', bridged.host]
  await output([...client, 'load', '-q', '-i', await debianArchive()])
  const medians = await compare(
    [ours('run', '--rm', image, 'true'), { name: 'docker', once: () => output([...client, 'run', '--rm', 'debian:ct', 'true']) }],
    10,
  )
  rows.push(...rowsOf('`run --rm IMAGE true` on a bridge', medians, { docker: 0.4 }))
})

it('exec true', async () => {
  const start = ['-d', '--name', 'room', '--network', 'none', image, 'sleep', '600']
  await ct.output(['run', ...start])
  await output([...docker, 'run', ...start])
  await output([...podman, 'run', ...LOW_ULIMITS, ...start])
  const args = ['exec', 'room', 'true']
  const medians = await compare([ours(...args), dockers(...args), podmans(...args)], 10)
  rows.push(...rowsOf('`exec CONTAINER true`', medians, { docker: 1, podman: 1 }))
  await Promise.all([
    ct.output(['rm', '-f', 'room']),
    output([...docker, 'rm', '-f', 'room']),
    output([...podman, 'rm', '-f', '-t', '0', 'room']),
  ])
})

it('pull and unpack', async () => {
  // A new daemon for each round: ext4 is slow to make files where many were deleted a moment ago, and that is not what we compare.
  let fresh = { ct, docker }
  const reset = async (): Promise<void> => {
    const { path } = cleanup.use(await scratchDirectory('bench-pull'))
    const dockerd = await startDockerd(`${path}/docker`)
    cleanup.use(dockerd.service)
    fresh = { ct: cleanup.use(await Ct.start(path)), docker: ['docker', '-H', dockerd.host] }
  }
  const medians = await compare(
    [
      { name: 'ct', reset, once: () => fresh.ct.output(['pull', '-q', image]) },
      { name: 'docker', once: () => output([...fresh.docker, 'pull', '-q', image]) },
    ],
    5,
  )
  rows.push(...rowsOf('`pull` + unpack of Debian, 3 gzip layers, loopback', medians, { docker: 0.8 }))
})

it('attach throughput', async () => {
  const bytes = 256 * 1024 * 1024
  const args = (driver: string) => [
    'run',
    '--rm',
    '--log-driver',
    driver,
    '--network',
    'none',
    image,
    'head',
    '-c',
    `${bytes}`,
    '/dev/zero',
  ]
  const quiet = (command: readonly string[]) => () => output(['sh', '-c', '"$@" >/dev/null', 'sh', ...command])
  for (const driver of ['none', 'json-file']) {
    const medians = await compare(
      [
        { name: 'ct', once: quiet(ct.command(...args(driver))) },
        { name: 'docker', once: quiet([...docker, ...args(driver)]) },
      ],
      3,
    )
    rows.push(...rowsOf(`256 MiB through attach, log driver ${driver}`, medians, { docker: 1 }))
  }
})

it('memory', async () => {
  const id = (await ct.output(['run', '-d', '--network', 'none', image, 'sleep', '600'])).trim()
  const [{ State }] = JSON.parse(await ct.output(['inspect', id])) as [{ State: { Pid: number } }]
  const supervisor = (await residentBytes(await parentOf(State.Pid))) / 1e6
  const worked = (await residentBytes(ct.daemon.pid)) / 1e6
  await using scratch = await scratchDirectory('bench-idle')
  await using idler = await Ct.start(scratch.path)
  const idle = (await residentBytes(idler.daemon.pid)) / 1e6
  rows.push(
    { what: 'supervisor, resident', ours: `${supervisor.toFixed(2)} MB`, theirs: '1 MB', ratio: supervisor, goal: 1 },
    { what: 'daemon, resident, idle', ours: `${idle.toFixed(0)} MB`, theirs: '100 MB', ratio: idle / 100, goal: 1 },
    { what: 'daemon, resident, after all of this', ours: `${worked.toFixed(0)} MB`, theirs: '100 MB', ratio: worked / 100, goal: 1 },
  )
  expect(supervisor).toBeGreaterThan(0)
})
