import { describe, expect, it } from 'vitest'
import { resolveUser } from '../../src/index.ts'

const passwd =
  'root:x:0:0:root:/root:/bin/sh\n# comment\nada:x:1815:1816:Ada,,,:/home/ada:/bin/sh\nbroken\nnohome:x:7:7::\nevil:x:4294967295:4294967295::/:\n1000:x:5:5::/five:\n'
const group = 'root:x:0:\nengines:x:42:ada, root\nanalysts:x:43:ada\nada:x:1816:\n'
const files = { passwd, group }

describe('resolveUser', () => {
  const rows: [user: string, uid: number, gid: number, additionalGids: number[], home: string, name: string | undefined][] = [
    ['', 0, 0, [42], '/root', 'root'],
    ['root', 0, 0, [42], '/root', 'root'],
    ['ada', 1815, 1816, [42, 43], '/home/ada', 'ada'],
    ['1815', 1815, 1816, [42, 43], '/home/ada', 'ada'],
    ['ada:engines', 1815, 42, [], '/home/ada', 'ada'],
    ['ada:77', 1815, 77, [], '/home/ada', 'ada'],
    ['4711', 4711, 0, [], '/', undefined],
    ['4711:43', 4711, 43, [], '/', undefined],
    ['nohome', 7, 7, [], '/', 'nohome'],
    ['1000', 5, 5, [], '/five', '1000'],
  ]
  it.each(rows)('%j is %i:%i', (user, uid, gid, additionalGids, home, name) => {
    expect(resolveUser(user, files)).toEqual({ uid, gid, additionalGids, home, name })
  })

  it('adds groups by name and number, each once', () => {
    expect(resolveUser('ada', files, { additionalGroups: ['engines', '43', '9'] }).additionalGids).toEqual([42, 43, 9])
  })

  it('knows numbers, but no names, without files', () => {
    expect(resolveUser('5:6', {})).toMatchObject({ uid: 5, gid: 6, home: '/' })
    expect(resolveUser('', {})).toMatchObject({ uid: 0, gid: 0 })
  })

  it.each(['nobody', 'evil', 'ada:nogroup', '4294967296', '1:99999999999'])('has no %j', (user) => {
    expect(() => resolveUser(user, files)).toThrow(expect.objectContaining({ code: 'RUNTIME_NO_USER' }))
  })
})
