// Start to exit of `true` in a docker-like container: this library from a warm process beside `crun run` and `runc run`
// of the same bundle, taken in turns. Needs root, the built packages and a static busybox; peers that are not installed
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
for (const name of ['bin', 'proc', 'sys', 'dev']) mkdirSync(join(rootfs, name), { recursive: true })
copyFileSync('/bin/busybox', join(rootfs, 'bin/busybox'))
chmodSync(join(rootfs, 'bin/busybox'), 0o755)
symlinkSync('busybox', join(rootfs, 'bin/true'))

const specFor = (name) => {
  const spec = defaultSpec({ args: ['true'], hostname: 'bench' })
  return { ...spec, linux: { ...spec.linux, cgroupsPath: `/${cgroup}/${name}` } }
}

const runtime = createRuntime({ stateDirectory: join(directory, 'state'), cgroupParent: cgroup })
const split = { launch: [], exit: [], delete: [] }
let count = 0

async function ours() {
  const id = `ours-${count++}`
  const began = performance.now()
  const { supervisor } = await runtime.run(id, { spec: specFor(id), rootfs })
  const launched = performance.now()
  const { exitCode } = await supervisor.wait()
  const ended = performance.now()
  await runtime.delete(id)
  if (exitCode !== 0) throw new Error(`exit code ${exitCode}`)
  split.launch.push(launched - began)
  split.exit.push(ended - launched)
  split.delete.push(performance.now() - ended)
}

function peer(...command) {
  const name = command[0]
  mkdirSync(join(directory, name))
  symlinkSync(rootfs, join(directory, name, 'rootfs'))
  return async () => {
    const id = `${name}-${process.pid}-${count++}`
    writeFileSync(join(directory, name, 'config.json'), JSON.stringify({ ...specFor(id), ociVersion: '1.0.2', root: { path: rootfs } }))
    const began = performance.now()
    const args = [...command.slice(1), '--root', join(directory, `${name}-state`), 'run', '--bundle', join(directory, name), id]
    const { status, stderr } = spawnSync(name, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    if (status !== 0) throw new Error(`${name}: ${stderr}`)
    return performance.now() - began
  }
}

const contestants = { ct: ours }
if (spawnSync('crun', ['--version']).status === 0) contestants.crun = peer('crun', '--cgroup-manager=cgroupfs')
if (spawnSync('runc', ['--version']).status === 0) contestants.runc = peer('runc')

const times = Object.fromEntries(Object.keys(contestants).map((name) => [name, []]))
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1] ?? Number.NaN

try {
  for (const run of Object.values(contestants)) await run()
  for (const list of Object.values(split)) list.length = 0
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, run] of Object.entries(contestants)) {
      await sleep(PAUSE_MS)
      const began = performance.now()
      times[name].push((await run()) ?? performance.now() - began)
    }
  }
  const own = median(times.ct)
  console.log(`start to exit of \`true\`, docker-like bundle, medians of ${rounds} rounds`)
  for (const [name, list] of Object.entries(times)) {
    const ratio = name === 'ct' ? '' : `   ct / ${name} = ${(own / median(list)).toFixed(2)}`
    console.log(`  ${name.padEnd(5)} ${median(list).toFixed(1).padStart(7)} ms${ratio}`)
  }
  const parts = Object.entries(split).map(([name, list]) => `${name} ${median(list).toFixed(1)}`)
  console.log(`  of ct: ${parts.join(', ')} ms`)
} finally {
  rmSync(directory, { recursive: true, force: true })
  for (const controller of readdirSync('/sys/fs/cgroup')) {
    try {
      rmdirSync(`/sys/fs/cgroup/${controller}/${cgroup}`)
    } catch {
      // not made there
    }
  }
}
