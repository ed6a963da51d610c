import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRuntime, signalNumber } from '../../src/index.ts'
import { claimDirectory, readRecord, writeRecord } from '../../src/runtime/record.ts'

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ct-record-'))
})
afterEach(() => {
  rmSync(directory, { recursive: true })
})

const record = {
  version: 1,
  ociVersion: '1.2.1',
  id: 'x',
  pid: 0,
  pidStartTime: '0',
  bundle: '/b',
  rootfs: '/r',
  createdAt: '2020-01-01T00:00:00.000Z',
  isStarted: false,
  isSupervised: true,
  cgroup: '/ct-record/x',
  socketPath: '/s',
  exitPath: '/e',
  annotations: {},
  namespaces: [],
  process: { args: ['a'], cwd: '/', user: { uid: 0, gid: 0 } },
} as const

describe('the record of a container', () => {
  it('is read as it was written, and nothing else is left', () => {
    writeRecord(directory, record)
    expect(readRecord(directory)).toEqual(record)
    expect(readdirSync(directory)).toEqual(['state.json'])
  })

  it('is absent where there is none', () => {
    expect(readRecord(join(directory, 'none'))).toBeUndefined()
  })

  it('belongs to one container', () => {
    claimDirectory(directory, 'x')
    expect(() => claimDirectory(directory, 'x')).toThrow(expect.objectContaining({ code: 'RUNTIME_ID_IN_USE' }))
  })

  it.each(['', '{', 'null', '{"version":2}', '{"version":1,"id":3}'])(
    'is refused when it is %j, and can be deleted by force',
    async (text) => {
      const runtime = createRuntime({ stateDirectory: directory })
      mkdirSync(join(directory, 'x'))
      writeFileSync(join(directory, 'x', 'state.json'), text)
      await expect(runtime.state('x')).rejects.toMatchObject({ code: 'RUNTIME_BAD_STATE', kind: 'corrupt' })
      await expect(runtime.delete('x')).rejects.toMatchObject({ code: 'RUNTIME_BAD_STATE' })
      await runtime.delete('x', { force: true })
      expect(await runtime.list()).toEqual([])
    },
  )
})

describe('signalNumber', () => {
  it.each([
    [9, 9],
    ['9', 9],
    ['KILL', 9],
    ['SIGKILL', 9],
    ['sigterm', 15],
    ['SIGRTMIN', 34],
    ['RTMIN+3', 37],
    ['SIGRTMAX-1', 63],
  ])('%s is %i', (signal, number) => {
    expect(signalNumber(signal)).toBe(number)
  })

  it.each(['', 'SIGNONE', 65, -1, 'toString'])('%s is none', (signal) => {
    expect(() => signalNumber(signal)).toThrow(expect.objectContaining({ code: 'RUNTIME_BAD_SIGNAL' }))
  })
})
