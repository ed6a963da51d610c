import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Process, Spec } from '../../src/index.ts'
import { TestRuntime } from '../test-runtime.ts'

/** May do everything but write one file; the name of the profile and of the file are the same. */
const profile = (name: string) => `
  profile ${name} flags=(attach_disconnected,mediate_deleted) {
    file, network, capability, mount, umount, signal, ptrace, unix, pivot_root,
    deny /tmp/${name} w,
  }`
const NAMES = ['ct-test-first', 'ct-test-other']

/** Loads or removes the profiles; the kernel of the virtual machine has AppArmor. */
function parser(action: '--replace' | '--remove'): void {
  execFileSync('apparmor_parser', [action, '--skip-cache'], { input: NAMES.map(profile).join('\n'), stdio: ['pipe', 'inherit', 'inherit'] })
}

const withProfile = (apparmorProfile: string) => (spec: Spec) => ({ ...spec, process: { ...(spec.process as Process), apparmorProfile } })
const TRY = 'for name in ct-test-first ct-test-other; do touch /tmp/$name 2>/dev/null && echo $name; done; cat /proc/self/attr/current'

describe('a process with an AppArmor profile', () => {
  let box: TestRuntime

  beforeAll(() => {
    parser('--replace')
    box = new TestRuntime()
  })
  afterAll(async () => {
    await box[Symbol.asyncDispose]()
    parser('--remove')
  })

  it('is denied what the profile denies, and nothing else', async () => {
    expect((await box.sh(TRY, withProfile('ct-test-first'))).output).toBe('ct-test-other\nct-test-first (enforce)\n')
    expect((await box.sh(TRY, withProfile('unconfined'))).output).toBe('ct-test-first\nct-test-other\nunconfined\n')
  })

  it('shares it with those that are started later, unless they have their own', async () => {
    const spec = box.spec({ args: ['sleep', '60'] }, withProfile('ct-test-first'))
    await box.runtime.run('labeled', { spec, rootfs: box.root.rootfs })
    const ask = async (apparmorProfile?: string) => {
      const args = ['sh', '-c', 'cat /proc/self/attr/current > /tmp/label']
      const supervisor = await box.runtime.exec('labeled', { args, cwd: '/', user: { uid: 0, gid: 0 }, apparmorProfile })
      await supervisor.wait()
      return readFileSync(`${box.root.rootfs}/tmp/label`, 'utf8')
    }
    expect(await ask()).toBe('ct-test-first (enforce)\n')
    expect(await ask('')).toBe('ct-test-first (enforce)\n')
    expect(await ask('ct-test-other')).toBe('ct-test-other (enforce)\n')
    await box.runtime.delete('labeled', { force: true })
  })

  it('is not started with a profile that is not loaded', async () => {
    const refused = expect.objectContaining({ code: 'RUNTIME_SETUP_FAILED', message: expect.stringContaining('label "ct-test-none"') })
    await expect(box.sh('true', withProfile('ct-test-none'))).rejects.toThrow(refused)
    expect(await box.runtime.list()).toEqual([])
  })
})
