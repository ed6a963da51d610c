// Start to exit of `true` in a docker-like container, and `true` executed in a running one: this library from a warm
// process beside `crun` and `runc` with the same bundle, taken in turns. Beside them: the floor, a bare C program that asks
// the same of the kernel and times itself (floor.c); and `spawn`, Node's start of a static `true` on the host, which is part
// of what a peer takes. Needs root, the built packages and a static busybox; what is not installed is left out.
//
//   [CRUN=path] [RUNC=path] [CC=cc] node bench/start.bench.mjs [rounds, default 30]
//
// crun refuses the hybrid cgroup layout, so everything runs in a private mount namespace without the version 2 tree.
import { fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
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

const { benchSpec } = await import('./bench-spec.mjs')
const directory = mkdtempSync(join(tmpdir(), 'ct-bench-'))
const rootfs = join(directory, 'rootfs')
/** State is in memory, as it is below /run on usual machines. */
const states = mkdtempSync('/dev/shm/ct-bench-')
for (const name of ['bin', 'proc', 'sys', 'dev']) mkdirSync(join(rootfs, name), { recursive: true })
copyFileSync('/bin/busybox', join(rootfs, 'bin/busybox'))
chmodSync(join(rootfs, 'bin/busybox'), 0o755)
for (const name of ['true', 'sleep']) symlinkSync('busybox', join(rootfs, 'bin', name))

const split = { launch: [], exit: [], delete: [] }
let count = 0

/** This library, warm, in a process of its own. */
const own = fork(fileURLToPath(new URL('own-starts.mjs', import.meta.url)), [rootfs, join(states, 'ct'), cgroup])
own.on('exit', (code) => code !== 0 && process.exit(1))
const ask = async (name) => {
  own.send(name)
  const [answer] = await once(own, 'message')
  return answer
}
const ours = {
  async start() {
    const { milliseconds, split: parts } = await ask('start')
    for (const [name, list] of Object.entries(split)) list.push(parts[name])
    return milliseconds
  },
  exec: async () => (await ask('exec')).milliseconds,
  hold: () => ask('hold'),
  release: () => ask('release'),
}

/** Where the floor spends its time, in the order in which it prints that. */
const floorSplit = { cgroups: [], clone: [], mounts: [], privileges: [], exec: [], removal: [] }

/** The bare C program, with the filter and the cgroups of the container that is held; undefined where it cannot be compiled. */
function floor() {
  const program = join(directory, 'floor')
  const built = spawnSync(process.env.CC ?? 'cc', ['-O2', '-o', program, fileURLToPath(new URL('floor.c', import.meta.url))])
  if (built.status !== 0) return undefined
  const parents = readdirSync('/sys/fs/cgroup').map((controller) => `/sys/fs/cgroup/${controller}/${cgroup}`)
  const cgroups = parents.filter((path) => existsSync(`${path}/held`)).map((path) => `${path}/floor`)
  return {
    async start() {
      const args = [rootfs, join(states, 'ct/held/filter.bpf'), '/bin/true', ...cgroups]
      const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' })
      if (status !== 0) throw new Error(`floor: ${stderr}`)
      const phases = stdout
        .trim()
        .split(' ')
        .map((microseconds) => Number(microseconds) / 1000)
      for (const [index, list] of Object.values(floorSplit).entries()) list.push(phases[index])
      return phases.reduce((sum, milliseconds) => sum + milliseconds, 0)
    },
  }
}

const spawnOfTrue = {
  async start() {
    const began = performance.now()
    spawnSync(join(rootfs, 'bin/true'))
    return performance.now() - began
  },
}

/** A program with runc's command line. */
function peer(name, ...flags) {
  const program = process.env[name.toUpperCase()] ?? name
  if (spawnSync(program, ['--version']).status !== 0) return undefined
  const bundle = join(directory, name)
  mkdirSync(bundle)
  const command = (argv, stdio = ['ignore', 'ignore', 'pipe']) => {
    const began = performance.now()
    const { status, stderr } = spawnSync(program, [...flags, '--root', join(states, name), ...argv], { stdio })
    if (status !== 0) throw new Error(`${name} ${argv[0]}: ${stderr}`)
    return performance.now() - began
  }
  const write = (id, args) =>
    writeFileSync(
      join(bundle, 'config.json'),
      JSON.stringify({ ...benchSpec(cgroup, id, args), ociVersion: '1.0.2', root: { path: rootfs } }),
    )
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

const runtimes = { ct: ours, crun: peer('crun', '--cgroup-manager=cgroupfs'), runc: peer('runc') }
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1] ?? Number.NaN

/** Prints what one measure takes everybody, in turns. */
async function compare(measure, title, all) {
  const contestants = Object.entries(all).filter(([, contestant]) => contestant !== undefined)
  const times = Object.fromEntries(contestants.map(([name]) => [name, []]))
  for (const [, contestant] of contestants) await contestant[measure]()
  for (const list of [...Object.values(split), ...Object.values(floorSplit)]) list.length = 0
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, contestant] of contestants) {
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

function printSplit(name, lists) {
  const parts = Object.entries(lists).map(([part, list]) => `${part} ${median(list).toFixed(1)}`)
  console.log(`  of ${name}: ${parts.join(', ')} ms`)
}

const holding = []
try {
  for (const runtime of Object.values(runtimes)) {
    await runtime?.hold()
    if (runtime !== undefined) holding.push(runtime)
  }
  await compare('start', 'start to exit of `true`, docker-like bundle', { ...runtimes, floor: floor(), spawn: spawnOfTrue })
  printSplit('ct', split)
  printSplit('floor', floorSplit)
  await compare('exec', 'exec of `true` in a running container, to its exit', runtimes)
} finally {
  for (const runtime of holding) await runtime.release()
  own.disconnect()
  for (const path of [directory, states]) rmSync(path, { recursive: true, force: true })
  for (const controller of readdirSync('/sys/fs/cgroup')) {
    try {
      rmdirSync(`/sys/fs/cgroup/${controller}/${cgroup}`)
    } catch {
      // not made there
    }
  }
}
