import { Transform } from 'node:stream'
import { badRequest } from '../errors.ts'

/** What leaves a terminal when the client names no keys: ctrl-p ctrl-q. */
export const DEFAULT_DETACH_KEYS = 'ctrl-p,ctrl-q'

/** Reads `ctrl-p,ctrl-q` or `a,b` as bytes. `API_BAD_REQUEST` for an unknown key. */
export function parseDetachKeys(text: string): Uint8Array {
  return Uint8Array.from((text === '' ? DEFAULT_DETACH_KEYS : text).split(','), (key) => {
    const control = /^ctrl-([a-z@[\\\]^_])$/.exec(key)?.[1]
    if (control !== undefined) return control.toUpperCase().charCodeAt(0) & 0x1f
    if (key.length === 1 && key.charCodeAt(0) < 0x80) return key.charCodeAt(0)
    throw badRequest(`Invalid detach keys (${text}): unknown character: '${key}'`)
  })
}

/** Passes on what is typed, but for the detach keys: `onDetach` hears of them. Half a sequence is held until it goes on or not. */
export function watchForDetach(keys: Uint8Array, onDetach: () => void): Transform {
  let matched = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const kept: number[] = []
      for (const byte of chunk) {
        if (byte === keys[matched]) {
          matched++
          if (matched === keys.length) {
            onDetach()
            return done()
          }
          continue
        }
        for (const held of keys.subarray(0, matched)) kept.push(held)
        matched = byte === keys[0] ? 1 : 0
        if (matched === 0) kept.push(byte)
      }
      done(null, Buffer.from(kept))
    },
    flush(done) {
      done(null, Buffer.from(keys.subarray(0, matched)))
    },
  })
}
