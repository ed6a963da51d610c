// What start.bench.mjs measures of this library, as a process of its own: the one that starts the peers forks for each of them, and
// pays afterwards, page by page, for the memory that it shared with its child. Told `start`, `exec`, `hold` or `release`, it does that
// and sends how long it took, in milliseconds. Its arguments: the root file system, the state directory, the cgroup.
import process from 'node:process'
import { createRuntime } from '../dist/index.js'
import { benchSpec } from './bench-spec.mjs'

const [rootfs, stateDirectory, cgroup] = process.argv.slice(2)
const runtime = createRuntime({ stateDirectory, cgroupParent: cgroup })
let count = 0

const actions = {
  async start() {
    const id = `ours-${count++}`
    const began = performance.now()
    const { supervisor } = await runtime.run(id, { spec: benchSpec(cgroup, id, ['true']), rootfs })
    const launched = performance.now()
    const { exitCode } = await supervisor.wait()
    const exited = performance.now()
    await runtime.delete(id)
    if (exitCode !== 0) throw new Error(`exit code ${exitCode}`)
    const ended = performance.now()
    return { milliseconds: ended - began, split: { launch: launched - began, exit: exited - launched, delete: ended - exited } }
  },
  async exec() {
    const began = performance.now()
    const supervisor = await runtime.exec('held', { args: ['true'], cwd: '/', user: { uid: 0, gid: 0 }, env: ['PATH=/bin'] })
    const { exitCode } = await supervisor.wait()
    if (exitCode !== 0) throw new Error(`exit code ${exitCode}`)
    return { milliseconds: performance.now() - began }
  },
  hold: () => runtime.run('held', { spec: benchSpec(cgroup, 'held', ['sleep', '1000']), rootfs }).then(() => ({})),
  release: () => runtime.delete('held', { force: true }).then(() => ({})),
}

process.on('message', async (name) => process.send(await actions[name]()))
