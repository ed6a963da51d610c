import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeMessage, encodeCall, messageSize } from '../src/bus-message.ts'
import { BusReader } from '../src/bus-reader.ts'
import { BusWriter } from '../src/bus-writer.ts'
import { SystemdError } from '../src/errors.ts'
import { type BusValue, typesOf } from '../src/signature.ts'

const bytesOf = (signature: string, ...values: BusValue[]) => new BusWriter().values(signature, values).finish().toString('hex')

describe('values of D-Bus', () => {
  const rows: [signature: string, value: BusValue, bytes: string][] = [
    ['y', 7, '07'],
    ['b', true, '01000000'],
    ['i', -2, 'feffffff'],
    ['x', -2n, 'feffffffffffffff'],
    ['t', 2n ** 64n - 1n, 'ffffffffffffffff'],
    ['s', 'slice', '05000000736c69636500'],
    ['g', 'a(sv)', '056128737629' + '00'],
    ['ay', [1, 2], '020000000102'],
    ['at', [1n], '08000000000000000100000000000000'],
    ['v', { signature: 'u', value: 9 }, '0175000009000000'],
    ['(sb)', ['a', false], '01000000610000' + '0000000000'],
    ['a(sv)', [['D', { signature: 'b', value: true }]], '1000000000000000' + '0100000044000162' + '0000000001000000'],
  ]
  it.each(rows)('%s %o are written and read back', (signature, value, bytes) => {
    const written = bytesOf(signature, value)
    expect(written).toBe(bytes)
    expect(new BusReader(Buffer.from(written, 'hex')).values(signature)).toEqual([value])
  })

  it('of any size are read back', () => {
    const values = [Array.from({ length: 500 }, (_, index) => [`property ${index}`, { signature: 't', value: BigInt(index) }])]
    expect(new BusReader(new BusWriter().values('a(sv)', values).finish()).values('a(sv)')).toEqual(values)
  })

  it('parts a signature into its types', () => {
    expect(typesOf('ssa(sv)a(sa(sv))a{sv}')).toEqual(['s', 's', 'a(sv)', 'a(sa(sv))', 'a{sv}'])
  })

  it.each(['z', 'a', '(s', '()', '{', 'a'.repeat(100)])('%j is no signature', (signature) => {
    expect(() => typesOf(signature)).toThrow('is no D-Bus signature')
  })

  it('takes no text with NUL, and not more values than types', () => {
    expect(() => bytesOf('s', 'a\0b')).toThrow(TypeError)
    expect(() => bytesOf('s', 'a', 'b')).toThrow(TypeError)
  })
})

describe('messages', () => {
  const call = { destination: 'a.b', path: '/a', interface: 'a.b.C', member: 'Do', signature: 'su', values: ['x', 1] }

  it('tell their size, and what they say', () => {
    const bytes = encodeCall(call, 5)
    expect(messageSize(bytes.subarray(0, 15))).toBeUndefined()
    expect(messageSize(bytes)).toBe(bytes.length)
    expect(decodeMessage(bytes)).toEqual({ type: 'call', path: '/a', member: 'Do', errorName: '', replySerial: 0, values: ['x', 1] })
  })

  it('that are broken are a SYSTEMD_BAD_ANSWER, and nothing else', () => {
    const whole = encodeCall(call, 5)
    const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255))
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), fc.nat(whole.length), (changes, cut) => {
        const bytes = Buffer.from(whole)
        for (const [at, byte] of changes) bytes[at] = byte
        for (const message of [bytes, bytes.subarray(0, cut)]) {
          try {
            messageSize(message)
            decodeMessage(message)
          } catch (error) {
            if (!(error instanceof SystemdError) || error.code !== 'SYSTEMD_BAD_ANSWER') throw error
          }
        }
      }),
      { numRuns: 2000 },
    )
  })
})
