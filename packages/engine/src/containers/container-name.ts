import { randomInt } from 'node:crypto'
import { EngineError } from '../errors.ts'
import { ADJECTIVES, SURNAMES } from './names.table.ts'

const pattern = /^\/?[a-zA-Z0-9][a-zA-Z0-9_.-]+$/

/** Checks a name of a container and drops the leading slash that docker writes. */
export function checkContainerName(name: string): string {
  if (!pattern.test(name)) {
    throw new EngineError('ENGINE_INVALID', `Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`, {
      kind: 'invalid',
      hint: 'use two or more letters, digits, dashes, dots or underscores, beginning with a letter or digit',
    })
  }
  return name.replace(/^\//, '')
}

/** Makes up a name that is not taken: `adjective_surname`, with a number when that is. */
export function inventName(isTaken: (name: string) => boolean): string {
  for (let attempt = 0; ; attempt += 1) {
    const name = `${pick(ADJECTIVES)}_${pick(SURNAMES)}${attempt < 8 ? '' : randomInt(10 ** Math.min(attempt - 6, 9))}`
    if (!isTaken(name)) return name
  }
}

function pick(words: readonly string[]): string {
  return words[randomInt(words.length)] ?? ''
}
