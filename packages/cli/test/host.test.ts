import { describe, expect, it } from 'vitest'
import { chooseHost, defaultPlaces } from '../src/host.ts'

describe('defaultPlaces', () => {
  it('are the system directories for root', () => {
    expect(defaultPlaces({ HOME: '/root' }, 0)).toEqual({
      root: '/var/lib/ct',
      runtimeDirectory: '/run/ct',
      host: 'unix:///run/ct/ct.sock',
    })
  })

  it('follow the XDG variables for a user', () => {
    expect(defaultPlaces({ HOME: '/home/u', XDG_RUNTIME_DIR: '/run/user/7' }, 7)).toEqual({
      root: '/home/u/.local/share/ct',
      runtimeDirectory: '/run/user/7/ct',
      host: 'unix:///run/user/7/ct/ct.sock',
    })
    expect(defaultPlaces({ XDG_DATA_HOME: '/data' }, 7)).toMatchObject({ root: '/data/ct', runtimeDirectory: '/run/user/7/ct' })
  })
})

describe('chooseHost', () => {
  it.each([
    ['unix:///a/b', 'unix:///a/b'],
    ['/a/b', 'unix:///a/b'],
    ['tcp://127.0.0.1:2375', 'tcp://127.0.0.1:2375'],
  ])('takes %s', (flag, host) => {
    expect(chooseHost(flag, { CT_HOST: 'unix:///other' })).toBe(host)
  })

  it('falls back to CT_HOST and then to the default place', () => {
    expect(chooseHost(undefined, { CT_HOST: 'unix:///other' })).toBe('unix:///other')
    expect(chooseHost('', {})).toBe(defaultPlaces({}).host)
  })

  it.each(['unix://', 'unix://relative', 'ssh://host', 'nothing'])('refuses %s', (flag) => {
    expect(() => chooseHost(flag, {})).toThrow(expect.objectContaining({ code: 'CLI_BAD_HOST', exitCode: 125 }))
  })
})
