import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { processIdentity } from '../../src/store/process-identity.ts'
import { StateLock } from '../../src/store/state-lock.ts'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ct-lock-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const locks = (): string[] => readdirSync(root).sort()

describe('StateLock', () => {
  it('refuses a second holder and names the first', () => {
    using _lock = StateLock.acquire(root)
    expect(() => StateLock.acquire(root)).toThrow(
      expect.objectContaining({ code: 'ENGINE_LOCKED', kind: 'conflict', message: expect.stringContaining(String(process.pid)) }),
    )
  })

  it('is free again when it was released', () => {
    StateLock.acquire(root).release()
    using _lock = StateLock.acquire(root)
    expect(locks()).toEqual(['lock.2'])
  })

  it('is taken over from a process that was killed', async () => {
    const child = spawn('sleep', ['60'])
    await once(child, 'spawn')
    writeFileSync(join(root, 'lock.7'), JSON.stringify({ version: 1, holder: processIdentity(child.pid ?? 0) }))
    expect(() => StateLock.acquire(root)).toThrow(expect.objectContaining({ code: 'ENGINE_LOCKED' }))
    child.kill('SIGKILL')
    await once(child, 'exit')
    using _lock = StateLock.acquire(root)
    expect(locks()).toEqual(['lock.8'])
  })

  it.each([
    ['a later process has the pid', { ...processIdentity(process.pid), startTime: '1' }],
    ['the machine was started again', { ...processIdentity(process.pid), bootId: 'another' }],
  ])('is taken over when %s', (_name, holder) => {
    writeFileSync(join(root, 'lock.1'), JSON.stringify({ version: 1, holder }))
    using _lock = StateLock.acquire(root)
    expect(locks()).toEqual(['lock.2'])
  })

  it('is taken over from a lock file that was cut off', () => {
    writeFileSync(join(root, 'lock.1'), '{"versi')
    using _lock = StateLock.acquire(root)
    expect(locks()).toEqual(['lock.2'])
  })

  it('has exactly one winner among many that see a stale lock', () => {
    writeFileSync(join(root, 'lock.1'), JSON.stringify({ version: 1, holder: { pid: 1, startTime: '0', bootId: 'x' } }))
    const attempts = Array.from({ length: 8 }, () => {
      try {
        StateLock.acquire(root)
        return 'won'
      } catch (error) {
        return error instanceof Error && 'code' in error ? error.code : error
      }
    })
    expect(attempts.filter((result) => result === 'won')).toHaveLength(1)
    expect(new Set(attempts)).toEqual(new Set(['won', 'ENGINE_LOCKED']))
  })
})
