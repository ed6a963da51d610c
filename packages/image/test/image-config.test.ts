import { describe, expect, it } from 'vitest'
import { digestOf, parseImageConfig } from '../src/index.ts'

const minimal = { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [digestOf('x')] } }
const bytes = (value: unknown) => Buffer.from(JSON.stringify(value))

describe('parseImageConfig', () => {
  it('takes null as absent and keeps what it does not know', () => {
    const config = { Env: ['A=b'], Cmd: null, Labels: null, Hostname: 'x', ExposedPorts: { '80/tcp': {} } }
    expect(parseImageConfig(bytes({ ...minimal, config, docker_version: '1' }))).toEqual({
      ...minimal,
      config: { Env: ['A=b'], Hostname: 'x', ExposedPorts: { '80/tcp': {} } },
      docker_version: '1',
    })
  })

  it('reads an image without layers', () => {
    expect(parseImageConfig(bytes({ ...minimal, rootfs: { type: 'layers', diff_ids: null } })).rootfs.diff_ids).toEqual([])
  })

  it('keeps labels with awkward names', () => {
    const text = '{"architecture":"a","os":"linux","rootfs":{"type":"layers"},"config":{"Labels":{"__proto__":"x","constructor":"y"}}}'
    expect(Object.entries(parseImageConfig(Buffer.from(text)).config?.Labels ?? {})).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ])
  })

  it.each([
    ['no rootfs', { ...minimal, rootfs: undefined }],
    ['a diffID that is none', { ...minimal, rootfs: { type: 'layers', diff_ids: ['x'] } }],
    ['an environment that is no list', { ...minimal, config: { Env: { A: 'b' } } }],
    ['a command of numbers', { ...minimal, config: { Cmd: [1] } }],
  ])('refuses %s', (_, value) => {
    expect(() => parseImageConfig(bytes(value))).toThrow(expect.objectContaining({ code: 'IMAGE_BAD_CONFIG' }))
  })
})
