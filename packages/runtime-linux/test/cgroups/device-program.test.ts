import { describe, expect, it } from 'vitest'
import { compileDeviceProgram } from '../../src/cgroups/device-program.ts'
import type { LinuxDeviceRule } from '../../src/index.ts'

const TYPE = { b: 1, c: 2 } as const
const ACCESS: Readonly<Record<string, number>> = { m: 1, r: 2, w: 4 }

/** The kernel's verdict on a request, by an interpreter of the few instructions that the compiler uses. */
function isAllowed(program: Uint8Array, request: string): boolean {
  const [kind = '', numbers = '', access = ''] = request.split(' ')
  const [major = 0, minor = 0] = numbers.split(':').map(Number)
  const bits = [...access].reduce((sum, letter) => sum | (ACCESS[letter] ?? 0), 0)
  const context = [(bits << 16) | TYPE[kind as 'b' | 'c'], major, minor]
  const view = new DataView(program.buffer, program.byteOffset, program.byteLength)
  const registers = new Array<number>(11).fill(0)
  for (let at = 0; ; at += 1) {
    const code = view.getUint8(at * 8)
    const to = view.getUint8(at * 8 + 1) & 15
    const from = view.getUint8(at * 8 + 1) >> 4
    const offset = view.getInt16(at * 8 + 2, true)
    const value = view.getUint32(at * 8 + 4, true)
    const present = registers[to] ?? 0
    if (code === 0x95) return registers[0] === 1
    else if (code === 0x61) registers[to] = context[offset / 4] ?? Number.NaN
    else if (code === 0x54) registers[to] = (present & value) >>> 0
    else if (code === 0x74) registers[to] = present >>> value
    else if (code === 0xbc) registers[to] = registers[from] ?? 0
    else if (code === 0xb4) registers[to] = value
    else if (code === 0x56) at += present === value ? 0 : offset
    else if (code === 0x16) at += present === value ? offset : 0
    else throw new Error(`unknown instruction ${code}`)
  }
}

describe('compileDeviceProgram', () => {
  const deny: LinuxDeviceRule = { allow: false, access: 'rwm' }
  const rows: [rules: LinuxDeviceRule[], allowed: string[], denied: string[]][] = [
    [[], ['c 1:3 rw', 'c 5:2 rw', 'c 136:7 rwm', 'c 10:1 m', 'b 8:0 m'], ['c 1:1 r', 'b 8:0 r', 'b 8:0 rm', 'c 10:1 mw']],
    [[deny], ['c 1:9 r'], ['c 1:11 r']],
    [[{ allow: true, access: 'rwm' }], ['b 8:0 rwm', 'c 1:1 w'], []],
    [
      [deny, { allow: true, type: 'c', major: 10, minor: 229, access: 'rw' }],
      ['c 10:229 rw', 'c 10:229 r', 'c 10:229 rwm'],
      ['c 10:228 r'],
    ],
    [
      [deny, { allow: true, type: 'b', major: 8, access: 'r' }],
      ['b 8:5 r', 'b 8:5 rm'],
      ['b 8:5 rw', 'c 8:5 r'],
    ],
    [
      [{ allow: true }, { allow: false, type: 'b', major: 8, access: 'w' }],
      ['b 8:1 r', 'b 9:1 w', 'c 8:1 w'],
      ['b 8:1 w', 'b 8:1 rw'],
    ],
    [
      [{ allow: true }, { allow: false, type: 'b', access: 'w' }, { allow: true, type: 'b', major: 8, minor: 1, access: 'w' }],
      ['b 8:1 rw', 'b 8:2 r'],
      ['b 8:2 rw'],
    ],
    [[deny, { allow: true, type: 'a', major: 7, minor: -1, access: 'rwm' }], ['b 7:1 rwm', 'c 7:1 rwm'], ['c 8:1 r']],
    [[deny, { allow: true, type: 'c', major: 0xffffffff, access: 'rwm' }], ['c 4294967295:0 r'], ['c 1:1 r']],
  ]
  it.each(rows)('%j', (rules, allowed, denied) => {
    const program = compileDeviceProgram(rules)
    expect(allowed.filter((request) => !isAllowed(program, request))).toEqual([])
    expect(denied.filter((request) => isAllowed(program, request))).toEqual([])
  })
})
