import { describe, expect, it } from 'vitest'
import { readMounts } from '../../src/translate/read-mounts.ts'
import type { ContainerCreateBody } from '../../src/wire/container.ts'

describe('mounts', () => {
  it.each<[ContainerCreateBody, readonly object[]]>([
    [{ HostConfig: { Binds: ['/a:/b'] } }, [{ type: 'bind', source: '/a', target: '/b', createSource: true }]],
    [
      { HostConfig: { Binds: ['/a:/b:ro,z,rslave'] } },
      [{ type: 'bind', source: '/a', target: '/b', createSource: true, readOnly: true, propagation: 'rslave' }],
    ],
    [{ HostConfig: { Binds: ['name:/b:nocopy'] } }, [{ type: 'volume', source: 'name', target: '/b', noCopy: true }]],
    [{ Volumes: { '/data': {} } }, [{ type: 'volume', target: '/data' }]],
    [{ Volumes: { '/data': {} }, HostConfig: { Binds: ['x:/data'] } }, [{ type: 'volume', source: 'x', target: '/data' }]],
    [
      { HostConfig: { Tmpfs: { '/run': 'size=64m,mode=700,ro,uid=5', '/t': '' } } },
      [
        { type: 'tmpfs', target: '/run', sizeBytes: 64 << 20, mode: 0o700, readOnly: true, options: ['uid=5'] },
        { type: 'tmpfs', target: '/t' },
      ],
    ],
    [
      {
        HostConfig: {
          Mounts: [
            { Type: 'bind', Source: '/a', Target: '/b', ReadOnly: true, BindOptions: { Propagation: 'shared', CreateMountpoint: true } },
          ],
        },
      },
      [{ type: 'bind', source: '/a', target: '/b', readOnly: true, createSource: true, nonRecursive: false, propagation: 'shared' }],
    ],
    [
      {
        HostConfig: {
          Mounts: [{ Type: 'volume', Target: '/b', VolumeOptions: { NoCopy: true, Labels: { a: 'b' }, DriverConfig: { Name: 'local' } } }],
        },
      },
      [{ type: 'volume', target: '/b', readOnly: false, noCopy: true, labels: { a: 'b' } }],
    ],
    [
      {
        HostConfig: {
          Mounts: [{ Type: 'tmpfs', Target: '/b', TmpfsOptions: { SizeBytes: 5, Mode: 0o1777, Options: [['exec'], ['uid', '1']] } }],
        },
      },
      [{ type: 'tmpfs', target: '/b', readOnly: false, options: ['exec', 'uid=1'], sizeBytes: 5, mode: 0o1777 }],
    ],
  ])('%j', (body, mounts) => {
    expect(readMounts(body)).toEqual(mounts)
  })

  it.each<[ContainerCreateBody, string, string]>([
    [{ HostConfig: { Binds: ['nothing'] } }, 'API_BAD_REQUEST', "invalid volume specification: 'nothing'"],
    [{ HostConfig: { Binds: ['a:/b:c:d'] } }, 'API_BAD_REQUEST', 'invalid volume specification'],
    [{ HostConfig: { Binds: ['a:/b:wild'] } }, 'API_BAD_REQUEST', 'invalid mode: wild'],
    [
      { HostConfig: { Mounts: [{ Type: 'bind', Source: '/a', Target: '/b', BindOptions: { Propagation: 'x' } }] } },
      'API_BAD_REQUEST',
      'invalid propagation mode: x',
    ],
    [{ HostConfig: { Mounts: [{ Type: 'tmpfs', Source: '/a', Target: '/b' }] } }, 'API_BAD_REQUEST', 'field Source must not be specified'],
    [{ HostConfig: { Mounts: [{ Type: 'volume', Target: '/b', TmpfsOptions: {} }] } }, 'API_BAD_REQUEST', 'field must not be specified'],
    [{ HostConfig: { Mounts: [{ Type: 'image', Target: '/b' }] } }, 'API_BAD_REQUEST', 'mount type unknown'],
    [{ HostConfig: { Mounts: [{ Type: 'volume', Target: '/b', VolumeOptions: { Subpath: 'x' } }] } }, 'API_NOT_BUILT', 'Subpath'],
    [
      { HostConfig: { Mounts: [{ Type: 'volume', Target: '/b', VolumeOptions: { DriverConfig: { Name: 'nfs' } } }] } },
      'API_NOT_BUILT',
      'volume driver nfs',
    ],
  ])('%j is %s', (body, code, message) => {
    expect(() => readMounts(body)).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }))
  })
})
