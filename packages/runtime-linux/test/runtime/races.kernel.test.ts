import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RuntimeError, Spec, SpecMount } from '../../src/index.ts'
import { TestRuntime } from '../test-runtime.ts'

const box = new TestRuntime()
const { directory } = box.root
/** A volume that an attacker has, too, and what they want to reach. */
const shared = `${directory}/shared`
const outside = `${directory}/outside`
const ROUNDS = 10

/** Exchanges two entries of the working directory as fast as it can. */
const SWAP = `
import ctypes, sys
rename = ctypes.CDLL(None, use_errno=True).renameat2
first, second = (name.encode() for name in sys.argv[1:])
print('ready', flush=True)
while rename(-100, first, -100, second, 2) == 0: pass
`

let attacker: ChildProcess | undefined

beforeEach(() => {
  mkdirSync(shared)
  mkdirSync(outside)
  writeFileSync(`${outside}/mine`, 'of the host\n')
})
afterEach(async () => {
  if (attacker?.exitCode === null) {
    attacker.kill('SIGKILL')
    await once(attacker, 'exit')
  }
  const found = Object.fromEntries(readdirSync(outside).map((name) => [name, name === 'mine' && readFileSync(`${outside}/mine`, 'utf8')]))
  rmSync(shared, { recursive: true })
  rmSync(outside, { recursive: true })
  expect(found).toEqual({ mine: 'of the host\n' })
})
afterAll(() => box[Symbol.asyncDispose]())

/** Lets what is at \`first\` and \`second\` of the shared volume change places until the end of the test. */
async function swap(first: string, second: string): Promise<void> {
  attacker = spawn('python3', ['-c', SWAP, first, second], { cwd: shared, stdio: ['ignore', 'pipe', 'inherit'] })
  if (attacker.stdout) await once(attacker.stdout, 'data')
}

/** The volume as /dev. */
const onDev = (spec: Spec): Spec => ({
  ...spec,
  mounts: [
    ...(spec.mounts ?? []).filter(({ destination }) => !destination.startsWith('/dev')),
    { destination: '/dev', type: 'bind', source: shared, options: ['rbind', 'rw'] },
  ],
})
const volume: SpecMount = { destination: '/vol', type: 'bind', source: shared, options: ['rbind', 'rw'] }
const mounted =
  (...mounts: SpecMount[]) =>
  (spec: Spec): Spec => ({ ...spec, mounts: [...(spec.mounts ?? []), volume, ...mounts] })

/** What containers print that are started meanwhile; those that cannot be made are refused with one of the codes. */
async function outputs(script: string, change: (spec: Spec) => Spec, codes: readonly string[]): Promise<string[]> {
  const printed: string[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    try {
      printed.push((await box.sh(script, change)).output)
    } catch (error) {
      expect(codes).toContain((error as RuntimeError).code)
    }
  }
  return printed
}

describe.skipIf(spawnSync('python3', ['-V']).status !== 0)('while an attacker swaps what is in a volume', () => {
  it.each([outside, `../../../../../../../..${outside}`])(
    'mounts, and what is made for them, do not follow a link to %s',
    async (target) => {
      mkdirSync(`${shared}/place`)
      symlinkSync(target, `${shared}/link`)
      await swap('place', 'link')
      const file: SpecMount = { destination: '/vol/place/made/file', type: 'bind', source: '/bin/busybox', options: ['bind', 'ro'] }
      const tmpfs: SpecMount = { destination: '/vol/place/new', type: 'tmpfs', source: 'raced', options: ['size=4k'] }
      // Both are in the container's tree, wherever the link led: a mount in the host's would be lost with the old root.
      const printed = await outputs('grep -c -E "/new|/made/file" /proc/self/mountinfo', mounted(file, tmpfs), ['RUNTIME_BAD_MOUNT'])
      expect(printed).toContain('2\n')
      expect(new Set(printed).size).toBe(1)
    },
  )

  it('masks hide what they should behind /dev/null, or the container is refused', async () => {
    execFileSync('mknod', [`${shared}/null`, 'c', '1', '3'])
    symlinkSync('/etc/passwd', `${shared}/evil`)
    await swap('null', 'evil')
    const printed = await outputs('cat /proc/keys /proc/timer_list | wc -c', onDev, ['RUNTIME_SETUP_FAILED'])
    expect(new Set([...printed, '0\n'])).toEqual(new Set(['0\n']))
  })
})
