import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createRuntime, defaultSpec } from '@ct/runtime-linux'

// A container of this machine's own programs: its root file system is an empty directory, with /usr bound read-only.
const directory = await mkdtemp('/var/tmp/ct-example-')
const rootfs = join(directory, 'rootfs')
const logPath = join(directory, 'log')
await mkdir(rootfs)
const runtime = createRuntime({ stateDirectory: join(directory, 'state') })
try {
  const spec = defaultSpec({ args: ['/bin/sh', '-c', 'echo I am process $$ on $(hostname); ls -d /home 2>&1'], hostname: 'example' })
  const system = ['bin', 'lib', 'lib64', 'usr'].map((name) => ({
    destination: `/${name}`,
    type: 'bind',
    source: `/${name}`,
    options: ['rbind', 'ro'],
  }))
  const bundle = { rootfs, spec: { ...spec, mounts: [...(spec.mounts ?? []), ...system] } }
  const { supervisor } = await runtime.run('example', bundle, { io: { logPath } })
  const { exitCode } = await supervisor.wait()
  await runtime.delete('example')

  const lines = (await readFile(logPath, 'utf8')).trim().split('\n')
  const said = lines.map((line) => (JSON.parse(line) as { log: string }).log).join('')
  console.log(said)
  assert.match(said, /^I am process 1 on example\n.*No such file or directory\n$/)
  assert.equal(exitCode, 2)
} finally {
  await rm(directory, { recursive: true })
}
