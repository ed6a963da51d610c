import { CAPABILITIES, DEFAULT_CAPABILITIES } from '@ct/runtime-linux'
import { describe, expect, it } from 'vitest'
import { containerCapabilities } from '../../src/spec/container-capabilities.ts'

const sorted = (names: readonly string[]): string[] => [...names].sort()

describe('containerCapabilities', () => {
  it.each([
    ['nothing', {}, DEFAULT_CAPABILITIES],
    ['privileged', { privileged: true }, CAPABILITIES],
    ['add ALL', { capAdd: ['ALL'] }, CAPABILITIES],
    ['drop ALL', { capDrop: ['ALL'] }, []],
    ['drop ALL, add one', { capDrop: ['all'], capAdd: ['net_admin'] }, ['CAP_NET_ADMIN']],
    ['add one', { capAdd: ['CAP_SYS_TIME'] }, [...DEFAULT_CAPABILITIES, 'CAP_SYS_TIME']],
    ['drop one', { capDrop: ['CHOWN'] }, DEFAULT_CAPABILITIES.filter((name) => name !== 'CAP_CHOWN')],
  ])('%s', (_name, spec, expected) => {
    expect(sorted(containerCapabilities(spec))).toEqual(sorted(expected))
  })

  it('refuses one that there is not', () => {
    expect(() => containerCapabilities({ capAdd: ['FLY'] })).toThrow(
      expect.objectContaining({ code: 'ENGINE_INVALID', message: 'invalid capability: "FLY"' }),
    )
  })
})
