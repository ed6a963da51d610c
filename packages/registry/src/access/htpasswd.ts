import { createHmac, randomBytes } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { compare, hash } from 'bcryptjs'
import { DistributionError } from '../errors.ts'
import type { Credentials } from './credentials.ts'
import { tooMany } from './user-limits.ts'

/** Checks user names and passwords. */
export interface Accounts {
  /** May reject with DistributionError `DISTRIBUTION_TOOMANYREQUESTS` when too many are to be checked at once. */
  verify(credentials: Credentials): Promise<boolean>
}

const COST = 10
const REMEMBERED = 1000
/** Passwords that wait to be checked; at a tenth of a second each. */
const MOST_COMPARING = 50
const RETRY_SECONDS = 5
/** Somebody who guesses names must not learn from the time taken which exist: a hash that no password has. */
const NOBODY = '$2b$10$CwTycUXWue0Thq9StjUM0uJ8lq2NnTUbFJcjxDPLnOeUqeAbvPvOi'

/**
 * Accounts in a file as `htpasswd -B` writes it: a line `user:bcrypt hash` each. The file is read again when it has changed. A password
 * that was right is remembered (as a keyed digest, in memory), for bcrypt is slow by intent.
 */
export class HtpasswdFile implements Accounts {
  readonly #path: string
  readonly #key = randomBytes(32)
  readonly #verified = new Set<string>()
  readonly #comparing = new Map<string, Promise<boolean>>()
  #last: Promise<unknown> = Promise.resolve()
  #users = new Map<string, string>()
  #version = ''

  private constructor(path: string) {
    this.#path = path
  }

  /** @throws DistributionError `DISTRIBUTION_BAD_ACCOUNTS` for a file that cannot be read or has a line that is none */
  static async open(path: string): Promise<HtpasswdFile> {
    const file = new HtpasswdFile(path)
    await file.#refresh()
    return file
  }

  async verify({ user, password }: Credentials): Promise<boolean> {
    await this.#refresh()
    const expected = this.#users.get(user)
    const proof = createHmac('sha256', this.#key).update(`${user}\0${password}\0${expected}`).digest('base64')
    if (this.#verified.has(proof)) return true
    const comparing = this.#comparing.get(proof) ?? this.#compareNext(proof, password, expected)
    if (!(await comparing)) return false
    if (this.#verified.size >= REMEMBERED) this.#verified.clear()
    this.#verified.add(proof)
    return true
  }

  /** A comparison takes a core as long as it lasts: there is one at a time, whoever guesses. */
  #compareNext(proof: string, password: string, expected: string | undefined): Promise<boolean> {
    if (this.#comparing.size >= MOST_COMPARING) throw tooMany('too many passwords are being checked', RETRY_SECONDS)
    const compareNow = async (): Promise<boolean> => (await compare(password, expected ?? NOBODY)) && expected !== undefined
    const result = this.#last.then(compareNow, compareNow).finally(() => this.#comparing.delete(proof))
    this.#comparing.set(proof, result)
    this.#last = result.catch(() => undefined)
    return result
  }

  async #refresh(): Promise<void> {
    try {
      const { mtimeMs, size, ino } = await stat(this.#path)
      const version = `${mtimeMs} ${size} ${ino}`
      if (version === this.#version) return
      this.#users = parseHtpasswd(await readFile(this.#path, 'utf8'), this.#path)
      this.#version = version
      this.#verified.clear()
    } catch (error) {
      if (error instanceof DistributionError) throw error
      throw badAccounts(`the accounts in ${this.#path} cannot be read: ${String(error)}`, error)
    }
  }
}

/** A line of an htpasswd file for a user. Throws DistributionError `DISTRIBUTION_BAD_ACCOUNTS` for a name that cannot be one. */
export async function htpasswdLine({ user, password }: Credentials): Promise<string> {
  if (!/^[^:\s\p{Cc}]{1,255}$/u.test(user)) throw badAccounts(`not the name of a user: ${JSON.stringify(user.slice(0, 80))}`)
  // Beyond its 72nd byte bcrypt does not look at a password.
  if (password === '' || Buffer.byteLength(password) > 72) throw badAccounts('a password has 1 to 72 bytes')
  return `${user}:${await hash(password, COST)}`
}

function parseHtpasswd(text: string, path: string): Map<string, string> {
  const users = new Map<string, string>()
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    const [, user, secret] = /^([^:]+):(\$2[aby]\$\d\d\$[A-Za-z0-9./]{53})$/.exec(line) ?? []
    if (user === undefined || secret === undefined) throw badAccounts(`${path}, line ${index + 1}: not "user:bcrypt hash" (htpasswd -B)`)
    users.set(user, secret)
  }
  return users
}

function badAccounts(message: string, cause?: unknown): DistributionError {
  return new DistributionError('DISTRIBUTION_BAD_ACCOUNTS', message, { cause })
}
