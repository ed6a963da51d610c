import { randomBytes } from 'node:crypto'

/** A new id of 64 hexadecimal digits whose first twelve are not all decimal, so that the short form is never taken for a number. */
export function randomId(): string {
  for (;;) {
    const id = randomBytes(32).toString('hex')
    if (/[a-f]/.test(id.slice(0, 12))) return id
  }
}
