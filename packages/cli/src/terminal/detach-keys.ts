import { CliError } from '../errors.ts'

/** Docker's own: ctrl-p, then ctrl-q. */
export const DEFAULT_DETACH_KEYS = 'ctrl-p,ctrl-q'

/** The bytes of a sequence as `ctrl-p,ctrl-q` or `a,b`. Throws `CLI_BAD_FLAG`. */
export function parseDetachKeys(text: string): Uint8Array {
  if (text === '') return new Uint8Array()
  return Uint8Array.from(text.split(','), (key) => {
    if (key.length === 1) return key.charCodeAt(0)
    const [, letter] = /^ctrl-([a-z@[\\\]^_])$/.exec(key) ?? []
    if (letter !== undefined) return letter.toUpperCase().charCodeAt(0) - 64
    throw new CliError('CLI_BAD_FLAG', `invalid detach keys (${text}): unknown key '${key}'`, {
      kind: 'invalid',
      exitCode: 125,
      hint: 'a key is one character or ctrl- and one of a-z @ [ \\ ] ^ _',
    })
  })
}

/** Watches typed bytes for the sequence; a beginning of it is held back until the next key decides. */
export class DetachScanner {
  readonly #keys: Uint8Array
  #matched = 0

  constructor(keys: Uint8Array) {
    this.#keys = keys
  }

  /** The bytes to pass on, and whether the sequence is complete. */
  scan(chunk: Uint8Array): { readonly pass: Uint8Array; readonly detached: boolean } {
    if (this.#keys.length === 0) return { pass: chunk, detached: false }
    const pass: number[] = []
    for (const byte of chunk) {
      if (byte === this.#keys[this.#matched]) {
        this.#matched++
        if (this.#matched === this.#keys.length) return { pass: Uint8Array.from(pass), detached: true }
        continue
      }
      pass.push(...this.#keys.subarray(0, this.#matched))
      this.#matched = byte === this.#keys[0] ? 1 : 0
      if (this.#matched === 0) pass.push(byte)
    }
    return { pass: Uint8Array.from(pass), detached: false }
  }
}
