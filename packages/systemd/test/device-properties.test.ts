import { describe, expect, it } from 'vitest'
import { type DeviceRule, deviceProperties } from '../src/device-properties.ts'

const nothing = { allow: false }

describe('device rules as properties', () => {
  it('are none when everything is allowed', () => {
    expect(deviceProperties([{ allow: true, type: 'a', major: -1, minor: -1, access: 'rwm' }])).toEqual([
      ['DevicePolicy', 's', 'auto'],
      ['DeviceAllow', 'a(ss)', []],
    ])
  })

  const rows: [name: string, rules: DeviceRule[], allowed: [string, string][]][] = [
    ['no rule allows nothing', [nothing], []],
    ['one device', [nothing, { allow: true, type: 'c', major: 1, minor: 3, access: 'rw' }], [['/dev/char/1:3', 'rw']]],
    ['all of a driver', [nothing, { allow: true, type: 'b', major: 8 }], [['block-8', 'rwm']]],
    ['all of a type', [nothing, { allow: true, type: 'c', access: 'm' }], [['char-*', 'm']]],
    [
      'all of both types',
      [nothing, { allow: true, access: 'm' }],
      [
        ['char-*', 'm'],
        ['block-*', 'm'],
      ],
    ],
    ['one number of all drivers has no name, so it is left out', [nothing, { allow: true, type: 'c', minor: 3 }], []],
    [
      'an exception takes from all that it is of',
      [
        nothing,
        { allow: true, type: 'c', major: 1 },
        { allow: true, type: 'c', major: 5 },
        { allow: false, type: 'c', major: 1, minor: 3, access: 'm' },
      ],
      [
        ['char-1', 'rw'],
        ['char-5', 'rwm'],
      ],
    ],
    ['what is denied last is not allowed', [nothing, { allow: true, type: 'b', major: 8, minor: 0 }, nothing], []],
    ['all but one type', [{ allow: true }, { allow: false, type: 'b' }], [['char-*', 'rwm']]],
  ]
  it.each(rows)('%s', (_, rules, allowed) => {
    expect(deviceProperties(rules)).toEqual([
      ['DevicePolicy', 's', 'strict'],
      ['DeviceAllow', 'a(ss)', []],
      ['DeviceAllow', 'a(ss)', allowed],
    ])
  })
})
