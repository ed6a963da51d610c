import { describe, expect, it } from 'vitest'
import { containerSummaryOf, statusText } from '../../src/translate/container-summary.ts'
import { RECORD, withState } from './container-record.ts'

const start = Date.parse('2024-05-06T07:08:10Z')

describe('a container in a list', () => {
  it('is what docker ps reads', () => {
    expect(containerSummaryOf(RECORD, { networkId: 'n', nowMs: start + 5000 })).toMatchObject({
      Names: ['/web'],
      Command: "sh -c 'echo hi there' x",
      Created: 1714979289,
      Ports: [
        { IP: '127.0.0.1', PrivatePort: 80, PublicPort: 49153, Type: 'tcp' },
        { PrivatePort: 53, Type: 'udp' },
      ],
      State: 'running',
      Status: 'Up 5 seconds',
      HostConfig: { NetworkMode: 'bridge' },
    })
  })

  it('has sizes only when they were asked for', () => {
    const facts = { networkId: 'n', nowMs: start }
    expect(containerSummaryOf(RECORD, facts)).not.toHaveProperty('SizeRw')
    expect(containerSummaryOf(RECORD, { ...facts, size: { rwBytes: 1, rootFsBytes: 2 } })).toMatchObject({ SizeRw: 1, SizeRootFs: 2 })
  })

  it.each([
    [{}, 0, 'Up Less than a second'],
    [{}, 1, 'Up 1 second'],
    [{}, 59, 'Up 59 seconds'],
    [{}, 60, 'Up About a minute'],
    [{}, 119, 'Up About a minute'],
    [{}, 120, 'Up 2 minutes'],
    [{}, 3599, 'Up 59 minutes'],
    [{}, 3600, 'Up About an hour'],
    [{}, 2 * 3600, 'Up 2 hours'],
    [{}, 47 * 3600, 'Up 47 hours'],
    [{}, 48 * 3600, 'Up 2 days'],
    [{}, 14 * 86_400, 'Up 2 weeks'],
    [{}, 60 * 86_400, 'Up 2 months'],
    [{}, 730 * 86_400, 'Up 2 years'],
    [{ status: 'paused' }, 10, 'Up 10 seconds (Paused)'],
    [{ status: 'created' }, 0, 'Created'],
    [{ status: 'removing' }, 0, 'Removal In Progress'],
    [{ status: 'dead' }, 0, 'Dead'],
    [{ status: 'exited', exitCode: 137, finishedAt: '2024-05-06T07:08:10Z' }, 3, 'Exited (137) 3 seconds ago'],
    [{ status: 'restarting', exitCode: 1, finishedAt: '2024-05-06T07:08:10Z' }, 1, 'Restarting (1) 1 second ago'],
  ] as const)('%j after %i seconds: %s', (state, seconds, text) => {
    expect(statusText(withState(state), start + seconds * 1000)).toBe(text)
  })
})
