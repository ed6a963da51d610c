import { describe, expect, it } from 'vitest'
import { checkShape } from '../../src/server/shape.ts'
import { CREATE_BODY } from '../../src/translate/create-body.table.ts'

describe('a JSON body', () => {
  it.each([
    [{ Image: 'x', Cmd: 'ls', Entrypoint: ['sh'], Unknown: 5, Labels: null, Env: null }],
    [{ HostConfig: { PortBindings: { '80/tcp': null }, Mounts: [{ Type: 'tmpfs', TmpfsOptions: { Mode: 0o755 } }], RestartPolicy: {} } }],
    [{ NetworkingConfig: { EndpointsConfig: { bridge: null, x: { Aliases: ['a'] } } } }],
  ])('%j is good', (body) => {
    expect(checkShape(body, CREATE_BODY)).toBe(body)
  })

  it.each([
    [[], 'the body must be an object'],
    ['x', 'the body must be an object'],
    [{ Image: 5 }, 'Image must be of type string'],
    [{ Tty: 'yes' }, 'Tty must be of type boolean'],
    [{ StopTimeout: 1.5 }, 'StopTimeout must be of type integer'],
    [{ Cmd: [1] }, 'Cmd must be a string or a list of strings'],
    [{ Env: 'A=b' }, 'Env must be a list'],
    [{ Env: ['A', 1] }, 'Env[1] must be of type string'],
    [{ Labels: { a: 1 } }, 'Labels[a] must be of type string'],
    [{ Volumes: ['/x'] }, 'Volumes must be an object'],
    [{ Env: [null] }, 'Env[0] must be of type string'],
    [{ Labels: { a: null } }, 'Labels[a] must be of type string'],
    [{ HostConfig: { Mounts: [null] } }, 'HostConfig.Mounts[0] must be an object'],
    [{ HostConfig: { DeviceRequests: [null] } }, 'HostConfig.DeviceRequests[0] must be of type object'],
    [{ HostConfig: { Memory: '1g' } }, 'HostConfig.Memory must be of type integer'],
    [
      { HostConfig: { PortBindings: { '80/tcp': [{ HostPort: 80 }] } } },
      'HostConfig.PortBindings[80/tcp][0].HostPort must be of type string',
    ],
  ])('%j is API_BAD_REQUEST', (body, message) => {
    expect(() => checkShape(body, CREATE_BODY)).toThrow(
      expect.objectContaining({ code: 'API_BAD_REQUEST', message: `invalid JSON: ${message}` }),
    )
  })
})
