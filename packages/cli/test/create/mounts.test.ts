import { homedir } from 'node:os'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseMount, parseMounts } from '../../src/create/mounts.ts'

describe('parseMounts', () => {
  it('tells binds, anonymous volumes and tmpfs apart', () => {
    expect(parseMounts(['/a:/b', 'named:/c:ro', './d:/e', '~/f:/g', '/anonymous'], ['/t', '/u:size=1m,mode=700'], [])).toEqual({
      binds: ['/a:/b', 'named:/c:ro', `${resolve('d')}:/e`, `${homedir()}/f:/g`],
      volumes: { '/anonymous': {} },
      tmpfs: { '/t': '', '/u': 'size=1m,mode=700' },
      mounts: [],
    })
  })

  it.each(['', ':/x', '/x:', 'a:b:c:d'])('refuses the volume %j', (text) => {
    expect(() => parseMounts([text], [], [])).toThrow(expect.objectContaining({ code: 'CLI_BAD_FLAG' }))
  })
})

describe('parseMount', () => {
  it.each([
    ['type=bind,source=/a,target=/b', { Type: 'bind', Source: '/a', Target: '/b' }],
    ['type=bind,src=/a,dst=/b,ro', { Type: 'bind', Source: '/a', Target: '/b', ReadOnly: true }],
    ['type=bind,src=/a,dst=/b,readonly=false', { Type: 'bind', Source: '/a', Target: '/b' }],
    [
      'type=bind,src=/a,dst=/b,bind-propagation=rslave',
      { Type: 'bind', Source: '/a', Target: '/b', BindOptions: { Propagation: 'rslave' } },
    ],
    ['src=v,destination=/b,volume-nocopy', { Type: 'volume', Source: 'v', Target: '/b', VolumeOptions: { NoCopy: true } }],
    [
      'src=v,dst=/b,volume-label=a=1,volume-label=b=2,volume-opt=o=x',
      { Type: 'volume', Source: 'v', Target: '/b', VolumeOptions: { Labels: { a: '1', b: '2' }, DriverConfig: { Options: { o: 'x' } } } },
    ],
    [
      'type=tmpfs,target=/t,tmpfs-size=1m,tmpfs-mode=1770',
      { Type: 'tmpfs', Target: '/t', TmpfsOptions: { SizeBytes: 1_048_576, Mode: 0o1770 } },
    ],
    ['type=bind,"source=/with,comma",target=/b', { Type: 'bind', Source: '/with,comma', Target: '/b' }],
  ])('reads %s', (text, expected) => {
    expect(parseMount(text)).toEqual(expected)
  })

  it.each([
    'type=nfs,target=/b',
    'type=bind,target=/b',
    'type=volume',
    'target=/b,colour=red',
    'target=/b,ro=maybe',
    'type=tmpfs,target=/t,tmpfs-size=big',
  ])('refuses %s', (text) => {
    expect(() => parseMount(text)).toThrow(expect.objectContaining({ code: 'CLI_BAD_FLAG' }))
  })
})
