// Start to exit of `true` in a docker-like container, and `true` executed in a running one: this library from a warm
// process beside `crun` and `runc` with the same bundle, taken in turns. Needs root, the built packages and a static busybox; peers that are not installed
// are left out.
//
//   node bench/start.bench.mjs [rounds, default 30]
//
// crun refuses the hybrid cgroup layout, so everything runs in a private mount namespace without the version 2 tree.
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** Before each start, so that nobody pays for what the kernel still cleans up after the one before. */
const PAUSE_MS = 30
const self = fileURLToPath(import.meta.url)
const rounds = Number(process.argv[2] ?? 30)
const cgroup = `ct-bench-${process.pid}`

if (process.argv[3] !== 'inside') {
  const script = 'umount /sys/fs/cgroup/unified 2>/dev/null; exec "$@"'
  const { status } = spawnSync('unshare', ['-m', 'sh', '-c', script, 'sh', process.execPath, self, String(rounds), 'inside'], {
    stdio: 'inherit',
  })
  process.exit(status ?? 1)
}

const { createRuntime, defaultSpec } = await import('../dist/index.js')
const directory = mkdtempSync(join(tmpdir(), 'ct-bench-'))
const rootfs = join(directory, 'rootfs')
/** State is in memory, as it is below /run on usual machines. */
const states = mkdtempSync('/dev/shm/ct-bench-')
for (const name of ['bin', 'proc', 'sys', 'dev']) mkdirSync(join(rootfs, name), { recursive: true })
copyFileSync('/bin/busybox', join(rootfs, 'bin/busybox'))
chmodSync(join(rootfs, 'bin/busybox'), 0o755)
for (const name of ['true', 'sleep']) symlinkSync('busybox', join(rootfs, 'bin', name))

const specFor = (name, args) => {
  const spec = defaultSpec({ args, hostname: 'bench' })
  return { ...spec, linux: { ...spec.linux, cgroupsPath: `/${cgroup}/${name}` } }
}

const runtime = createRuntime({ stateDirectory: join(states, 'ct'), cgroupParent: cgroup })
const split = { launch: [], exit: [], delete: [] }
let count = 0

/** This library: what it does for each measure, and before and after all of its rounds. */
const ours = {
  async start() {
    const id = `ours-${count++}`
    const began = performance.now()
    const { supervisor } = await runtime.run(id, { spec: specFor(id, ['true']), rootfs })
    const launched = performance.now()
    const { exitCode } = await supervisor.wait()
    const ended = performance.now()
    await runtime.delete(id)
    if (exitCode !== 0) throw new Error(`exit code ${exitCode}`)
    split.launch.push(launched - began)
    split.exit.push(ended - launched)
    split.delete.push(performance.now() - ended)
    return performance.now() - began
  },
  async exec() {
    const began = performance.now()
    const supervisor = await runtime.exec('held', { args: ['true'], cwd: '/', user: { uid: 0, gid: 0 }, env: ['PATH=/bin'] })
    const { exitCode } = await supervisor.wait()
    if (exitCode !== 0) throw new Error(`exit code ${exitCode}`)
    return performance.now() - began
  },
  hold: () => runtime.run('held', { spec: specFor('held', ['sleep', '1000']), rootfs }),
  release: () => runtime.delete('held', { force: true }),
}

/** A program with runc's command line. */
function peer(name, ...flags) {
  const bundle = join(directory, name)
  mkdirSync(bundle)
  const command = (argv, stdio = ['ignore', 'ignore', 'pipe']) => {
    const began = performance.now()
    const { status, stderr } = spawnSync(name, [...flags, '--root', join(states, name), ...argv], { stdio })
    if (status !== 0) throw new Error(`${name} ${argv[0]}: ${stderr}`)
    return performance.now() - began
  }
  const write = (id, args) =>
    writeFileSync(join(bundle, 'config.json'), JSON.stringify({ ...specFor(id, args), ociVersion: '1.0.2', root: { path: rootfs } }))
  const held = `${name}-held-${process.pid}`
  return {
    async start() {
      const id = `${name}-${process.pid}-${count++}`
      write(id, ['true'])
      return command(['run', '--bundle', bundle, id])
    },
    exec: async () => command(['exec', held, 'true']),
    async hold() {
      write(held, ['sleep', '1000'])
      command(['run', '--detach', '--bundle', bundle, held], 'ignore')
    },
    release: async () => command(['delete', '--force', held]),
  }
}

const contestants = { ct: ours }
if (spawnSync('crun', ['--version']).status === 0) contestants.crun = peer('crun', '--cgroup-manager=cgroupfs')
if (spawnSync('runc', ['--version']).status === 0) contestants.runc = peer('runc')
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1] ?? Number.NaN

/** Prints what one measure takes everybody, in turns. */
async function compare(measure, title) {
  const times = Object.fromEntries(Object.keys(contestants).map((name) => [name, []]))
  for (const contestant of Object.values(contestants)) await contestant[measure]()
  for (const list of Object.values(split)) list.length = 0
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, contestant] of Object.entries(contestants)) {
      await sleep(PAUSE_MS)
      times[name].push(await contestant[measure]())
    }
  }
  const own = median(times.ct)
  console.log(`${title}, medians of ${rounds} rounds`)
  for (const [name, list] of Object.entries(times)) {
    const ratio = name === 'ct' ? '' : `   ct / ${name} = ${(own / median(list)).toFixed(2)}`
    console.log(`  ${name.padEnd(5)} ${median(list).toFixed(1).padStart(7)} ms${ratio}`)
  }
}

const holding = []
try {
  await compare('start', 'start to exit of `true`, docker-like bundle')
  const parts = Object.entries(split).map(([name, list]) => `${name} ${median(list).toFixed(1)}`)
  console.log(`  of ct: ${parts.join(', ')} ms`)
  for (const contestant of Object.values(contestants)) {
    await contestant.hold()
    holding.push(contestant)
  }
  await compare('exec', 'exec of `true` in a running container, to its exit')
} finally {
  for (const contestant of holding) await contestant.release()
  for (const path of [directory, states]) rmSync(path, { recursive: true, force: true })
  for (const controller of readdirSync('/sys/fs/cgroup')) {
    try {
      rmdirSync(`/sys/fs/cgroup/${controller}/${cgroup}`)
    } catch {
      // not made there
    }
  }
}
