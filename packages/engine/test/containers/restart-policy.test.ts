import { describe, expect, it } from 'vitest'
import type { RestartPolicy } from '../../src/containers/container-spec.ts'
import type { ManagedContainer } from '../../src/containers/managed-container.ts'
import { nextRestart } from '../../src/containers/restart-policy.ts'

interface Case {
  readonly policy: RestartPolicy
  readonly exitCode?: number
  readonly restartCount?: number
  readonly manuallyStopped?: boolean
  readonly restartDelayMs?: number
  readonly livedSeconds?: number
}

function delayOf({
  policy,
  exitCode = 1,
  restartCount = 0,
  manuallyStopped = false,
  restartDelayMs = 0,
  livedSeconds = 1,
}: Case): number | undefined {
  const container = {
    restartDelayMs,
    record: { spec: { restartPolicy: policy }, restartCount, manuallyStopped },
  } as unknown as ManagedContainer
  const startedAtNs = 1_000_000_000n
  const exitedAtNs = startedAtNs + BigInt(livedSeconds) * 1_000_000_000n
  return nextRestart(container, { exitCode, signal: 0, oomKilled: false, startedAtNs, exitedAtNs })
}

describe('nextRestart', () => {
  it.each<[Case, number | undefined]>([
    [{ policy: { name: 'no' } }, undefined],
    [{ policy: { name: 'always' }, exitCode: 0 }, 100],
    [{ policy: { name: 'always' }, manuallyStopped: true }, undefined],
    [{ policy: { name: 'unless-stopped' } }, 100],
    [{ policy: { name: 'on-failure' }, exitCode: 0 }, undefined],
    [{ policy: { name: 'on-failure' }, restartCount: 99 }, 100],
    [{ policy: { name: 'on-failure', maximumRetryCount: 3 }, restartCount: 2 }, 100],
    [{ policy: { name: 'on-failure', maximumRetryCount: 3 }, restartCount: 3 }, undefined],
    [{ policy: { name: 'always' }, restartDelayMs: 100 }, 200],
    [{ policy: { name: 'always' }, restartDelayMs: 51_200 }, 60_000],
    [{ policy: { name: 'always' }, restartDelayMs: 51_200, livedSeconds: 10 }, 100],
  ])('%j: after %s ms', (given, delayMs) => {
    expect(delayOf(given)).toBe(delayMs)
  })
})
