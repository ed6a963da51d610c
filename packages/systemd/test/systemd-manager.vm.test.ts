import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SystemdManager } from '../src/systemd-manager.ts'

const SCOPE = { name: 'ct-test.scope', slice: 'ct-test.slice', description: 'a test', properties: [] }

describe('the manager of units', () => {
  let manager: SystemdManager

  beforeAll(async () => {
    manager = await SystemdManager.connect()
  })
  afterAll(async () => {
    await manager.stopUnit(SCOPE.slice)
    manager[Symbol.dispose]()
  })

  it('moves a process into a scope, changes what holds for it, and ends it', async () => {
    const sleeper = spawn('sleep', ['60'])
    const ended = once(sleeper, 'exit')
    const pid = sleeper.pid ?? 0
    await manager.startScope({ ...SCOPE, pids: [pid] })
    const path = `${await manager.controlGroup()}/ct.slice/ct-test.slice/ct-test.scope`
    expect(readFileSync(`/proc/${pid}/cgroup`, 'utf8')).toContain(`:${path}\n`)
    expect(await manager.scopeProperty(SCOPE.name, 'ControlGroup')).toBe(path)
    await manager.setProperties(SCOPE.name, [['TasksMax', 't', 9n]])
    expect(await manager.scopeProperty(SCOPE.name, 'TasksMax')).toBe(9n)
    const taken = expect.objectContaining({ code: 'SYSTEMD_REFUSED', kind: 'conflict' })
    await expect(manager.startScope({ ...SCOPE, pids: [pid] })).rejects.toThrow(taken)
    await manager.stopUnit(SCOPE.name)
    expect((await ended)[1]).toBe('SIGTERM')
    await manager.stopUnit(SCOPE.name)
  })

  it('refuses what makes no sense, by name', async () => {
    await expect(manager.startScope({ ...SCOPE, pids: [] })).rejects.toThrow(expect.objectContaining({ code: 'SYSTEMD_REFUSED' }))
    const unknown = manager.setProperties(SCOPE.slice, [['NoSuchThing', 'b', true]])
    await expect(unknown).rejects.toThrow(/^SetUnitProperties: .*NoSuchThing/)
  })
})
