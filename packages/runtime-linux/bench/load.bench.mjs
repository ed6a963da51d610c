// Many containers: how long it takes to start them, eight at a time, and to stop and remove them, beside podman; what they
// leave behind; and how much memory each needs when it sleeps. Needs root, the built packages and a static busybox.
//
//   node bench/load.bench.mjs [containers, default 100] [idle containers, default 1000]
//
// podman's crun refuses the hybrid cgroup layout, so everything runs in a private mount namespace without the version 2 tree.
import { execFile, spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createRuntime, defaultSpec } from '../dist/index.js'

// It makes every start of Node parse a file of certificates; podman is not slowed by it, nor are we, but hooks would be.
delete process.env.NODE_EXTRA_CA_CERTS

const CONCURRENCY = 8
const SETTLE_MS = 3_000
const containers = Number(process.argv[2] ?? 100)
const idle = Number(process.argv[3] ?? 1000)

if (process.argv[4] !== 'inside') {
  const script = 'umount /sys/fs/cgroup/unified 2>/dev/null; exec "$@"'
  const again = [process.execPath, fileURLToPath(import.meta.url), String(containers), String(idle), 'inside']
  process.exit(spawnSync('unshare', ['-m', 'sh', '-c', script, 'sh', ...again], { stdio: 'inherit' }).status ?? 1)
}

const cgroupParent = `ct-load-${process.pid}`
const directory = mkdtempSync(join(tmpdir(), 'ct-load-'))
const rootfs = join(directory, 'rootfs')
for (const name of ['bin', 'proc', 'sys', 'dev', 'etc', 'run', 'tmp']) mkdirSync(join(rootfs, name), { recursive: true })
copyFileSync('/bin/busybox', join(rootfs, 'bin/busybox'))
chmodSync(join(rootfs, 'bin/busybox'), 0o755)
symlinkSync('busybox', join(rootfs, 'bin/sleep'))

const runtime = createRuntime({ stateDirectory: join(directory, 'state'), cgroupParent })
const spec = defaultSpec({ args: ['/bin/sleep', '10000'], hostname: 'load' })
const run = promisify(execFile)
const storage = [
  '--root',
  `${directory}/podman`,
  '--runroot',
  `${directory}/podman-run`,
  '--storage-driver',
  'vfs',
  '--cgroup-manager',
  'cgroupfs',
]
const limits = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1024:1024', '--network', 'none']

const ours = {
  name: 'ct',
  start: (id) => runtime.run(id, { spec, rootfs }),
  stop: (id) => runtime.delete(id, { force: true }),
}
const podman = {
  name: 'podman',
  start: (id) => run('podman', [...storage, 'run', '-d', '--name', id, ...limits, '--rootfs', rootfs, '/bin/sleep', '10000']),
  stop: (id) => run('podman', [...storage, 'rm', '-f', '-t', '0', id]),
}

try {
  const contestants = spawnSync('podman', ['--version']).status === 0 ? [ours, podman] : [ours]
  const totals = {}
  for (const contestant of contestants) {
    // Several, because ours has its helpers made by a server from the third on, which stays.
    const warm = ['warm-1', 'warm-2', 'warm-3', 'warm-4']
    await each(warm, contestant.start)
    await each(warm, contestant.stop)
    const before = count()
    const ids = Array.from({ length: containers }, (_, index) => `${contestant.name}-${index}`)
    const startMs = await timed(() => each(ids, contestant.start))
    const stopMs = await timed(() => each(ids, contestant.stop))
    totals[contestant.name] = startMs + stopMs
    await sleep(SETTLE_MS)
    console.log(
      `${contestant.name}: ${containers} started in ${seconds(startMs)}, removed in ${seconds(stopMs)}; left: ${difference(before, count())}`,
    )
  }
  if (totals.podman !== undefined) console.log(`ct / podman = ${(totals.ct / totals.podman).toFixed(3)}`)
  if (idle > 0) await measureIdle()
} finally {
  for (const { id } of await runtime.list()) await runtime.delete(id, { force: true })
  spawnSync('podman', [...storage, 'rm', '-fa', '-t', '0'])
  rmSync(directory, { recursive: true, force: true })
  for (const hierarchy of readdirSync('/sys/fs/cgroup')) {
    try {
      rmdirSync(`/sys/fs/cgroup/${hierarchy}/${cgroupParent}`)
    } catch {
      // not made there
    }
  }
}

async function measureIdle() {
  const ids = Array.from({ length: idle }, (_, index) => `idle-${index}`)
  const before = count()
  const free = available()
  await each(ids, ours.start)
  await sleep(SETTLE_MS)
  const taken = (free - available()) / idle
  const pids = new Set((await Promise.all(ids.map((id) => runtime.load(id)))).map((container) => container?.pid))
  const payload = average([...pids].map(pssOf))
  const supervisor = average([...pids].map((pid) => pssOf(parentOf(pid))))
  console.log(`${idle} idle: ${kib(supervisor)} of memory in each supervisor (PSS), ${kib(payload)} in each payload;`)
  console.log(`  ${kib(taken)} less is available to the machine for each, with all that the kernel keeps of it`)
  const stopMs = await timed(() => each(ids, ours.stop))
  await sleep(SETTLE_MS)
  console.log(`  removed in ${seconds(stopMs)}; left: ${difference(before, count())}`)
}

/** Does something for each id, so many at a time. */
async function each(ids, work) {
  const queue = [...ids]
  const worker = async () => {
    for (let id = queue.shift(); id !== undefined; id = queue.shift()) await work(id)
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, worker))
}

/** What a container could leave on the machine. */
function count() {
  return {
    mounts: readFileSync('/proc/self/mountinfo', 'utf8').split('\n').length,
    cgroups: readdirSync('/sys/fs/cgroup', { recursive: true, withFileTypes: true }).filter(
      (entry) => entry.isDirectory() && entry.parentPath.includes(cgroupParent),
    ).length,
    processes: readdirSync('/proc').filter((name) => /^\d+$/.test(name) && isOurs(name)).length,
    descriptors: readdirSync('/proc/self/fd').length,
  }
}

/** A process of a container or its supervisor, by its command line. */
function isOurs(pid) {
  try {
    return /ct-native|^\/bin\/sleep\0010000|conmon/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
  } catch {
    return false // it has ended meanwhile
  }
}

function difference(before, after) {
  return Object.keys(before)
    .map((key) => `${after[key] - before[key]} ${key}`)
    .join(', ')
}

async function timed(work) {
  const began = performance.now()
  await work()
  return performance.now() - began
}

function pssOf(pid) {
  return Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1])
}

function parentOf(pid) {
  return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}

/** KiB that programs could still have. */
function available() {
  return Number(/^MemAvailable:\s+(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1])
}

function average(numbers) {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length
}

function kib(number) {
  return `${number.toFixed(0)} KiB`
}

function seconds(ms) {
  return `${(ms / 1000).toFixed(2)} s`
}
