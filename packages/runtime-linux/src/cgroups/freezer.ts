import { readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { hasErrno } from '@ct/errors'
import { RuntimeError } from '../errors.ts'
import { type Cgroup, directoryOf } from './cgroup.ts'

const FREEZE_TIMEOUT_MS = 10_000

/**
 * Stops all processes of a cgroup, resolved once they stand still.
 * @throws RuntimeError RUNTIME_UNSUPPORTED without a freezer, RUNTIME_CGROUP_FAILED when they do not stop in ten seconds;
 * they run again then.
 */
export async function freeze(cgroup: Cgroup): Promise<void> {
  const freezer = freezerOf(cgroup)
  writeFileSync(freezer.file, freezer.frozen)
  const deadline = Date.now() + FREEZE_TIMEOUT_MS
  for (let delayMs = 1; !freezer.isFrozen(); delayMs = Math.min(delayMs * 2, 50)) {
    if (Date.now() > deadline) {
      writeFileSync(freezer.file, freezer.thawed)
      throw new RuntimeError('RUNTIME_CGROUP_FAILED', `cgroup ${cgroup.path} does not freeze`, { kind: 'unavailable' })
    }
    await sleep(delayMs)
    writeFileSync(freezer.file, freezer.frozen)
  }
}

/** Lets the processes of a cgroup run again. */
export function thaw(cgroup: Cgroup): void {
  const freezer = freezerOf(cgroup)
  writeFileSync(freezer.file, freezer.thawed)
}

/** Whether the cgroup is, or is just being, frozen: its processes may not end, even when they are killed. A cgroup that is gone or has no freezer is not. */
export function isFrozen(cgroup: Cgroup): boolean {
  try {
    return findFreezer(cgroup)?.isThawed() === false
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENODEV')) return false
    throw error
  }
}

/** Whether the cgroup can be frozen. */
export function hasFreezer(cgroup: Cgroup): boolean {
  return findFreezer(cgroup) !== undefined
}

interface Freezer {
  readonly file: string
  readonly frozen: string
  readonly thawed: string
  isFrozen(): boolean
  isThawed(): boolean
}

function freezerOf(cgroup: Cgroup): Freezer {
  const freezer = findFreezer(cgroup)
  if (freezer === undefined) {
    throw new RuntimeError('RUNTIME_UNSUPPORTED', `cgroup ${cgroup.path} cannot be frozen: it has no freezer`, { kind: 'unsupported' })
  }
  return freezer
}

function findFreezer(cgroup: Cgroup): Freezer | undefined {
  if (cgroup.layout.version === 1) {
    const directory = directoryOf(cgroup, 'freezer')
    if (directory === undefined) return undefined
    const file = `${directory}/freezer.state`
    const state = () => readFileSync(file, 'utf8').trim() // FREEZING is between the two
    return { file, frozen: 'FROZEN', thawed: 'THAWED', isFrozen: () => state() === 'FROZEN', isThawed: () => state() === 'THAWED' }
  }
  const [first] = cgroup.hierarchies
  if (first === undefined) return undefined
  const file = `${first.directory}/cgroup.freeze`
  const isFrozenNow = () => /^frozen 1$/m.test(readFileSync(`${first.directory}/cgroup.events`, 'utf8'))
  return {
    file,
    frozen: '1',
    thawed: '0',
    isFrozen: isFrozenNow,
    isThawed: () => !isFrozenNow() && readFileSync(file, 'utf8').trim() === '0',
  }
}
