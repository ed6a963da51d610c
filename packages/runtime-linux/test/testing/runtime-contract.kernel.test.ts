import { spawnSync } from 'node:child_process'
import { describe, it } from 'vitest'
import { defaultSpec } from '../../src/index.ts'
import { CommandRuntime, type RuntimeUnderTest, runtimeContract } from '../../src/testing/index.ts'
import { TestRuntime } from '../test-runtime.ts'

function bundleOf(box: TestRuntime, ociVersion?: string): RuntimeUnderTest['bundle'] {
  return (args) => {
    const spec = defaultSpec({ args, hostname: 'contract' })
    const linux = { ...spec.linux, cgroupsPath: `/${box.cgroupParent}/contract` }
    return { spec: { ...spec, ociVersion: ociVersion ?? spec.ociVersion, linux }, rootfs: box.root.rootfs }
  }
}

runtimeContract('createRuntime', () => {
  const box = new TestRuntime()
  return { runtime: box.runtime, bundle: bundleOf(box), close: () => box[Symbol.asyncDispose]() }
})

/** crun refuses the hybrid cgroup layout, so it does not get to see the version 2 tree. */
const withoutUnified = ['unshare', '-m', 'sh', '-c', 'umount /sys/fs/cgroup/unified 2>/dev/null; exec "$@"', 'sh']
const peers: [name: string, command: string[]][] = [
  ['runc', ['runc']],
  ['crun', [...withoutUnified, 'crun', '--cgroup-manager=cgroupfs']],
]

for (const [name, command] of peers) {
  if (spawnSync(name, ['--version']).status === 0) {
    runtimeContract(name, () => {
      const box = new TestRuntime()
      const runtime = new CommandRuntime({ command })
      const close = async () => {
        runtime[Symbol.dispose]()
        await box[Symbol.asyncDispose]()
      }
      return { runtime, bundle: bundleOf(box, '1.0.2'), close }
    })
  } else describe(name, () => it('is not installed here', ({ skip }) => skip()))
}
