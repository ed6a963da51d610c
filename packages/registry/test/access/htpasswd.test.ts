import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { HtpasswdFile, htpasswdLine } from '../../src/access/htpasswd.ts'

/** `alice` with `secret`, cost 5, as Apache's htpasswd writes it. */
const ALICE = 'alice:$2y$05$b4P1PwjXCbmkwxMaMNMVCO4HVLY0U53RL0kbuKtqB.2ySxkKcFaUO'

let directory: string
let path: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ct-accounts-'))
  path = join(directory, 'htpasswd')
})
afterEach(() => rm(directory, { recursive: true }))

describe('HtpasswdFile', () => {
  it('knows whom the file names, by their password and no other', async () => {
    await writeFile(path, `# people\n\n${await htpasswdLine({ user: 'bob', password: 'pässword' })}\n`)
    const accounts = await HtpasswdFile.open(path)
    expect(await accounts.verify({ user: 'bob', password: 'pässword' })).toBe(true)
    expect(await accounts.verify({ user: 'bob', password: 'pässword' })).toBe(true)
    expect(await accounts.verify({ user: 'bob', password: 'password' })).toBe(false)
    expect(await accounts.verify({ user: 'eve', password: 'pässword' })).toBe(false)
  })

  it.skipIf(!existsSync('/usr/bin/htpasswd'))("reads what Apache's htpasswd writes, and Apache what we write", async () => {
    execFileSync('htpasswd', ['-Bbc', path, 'alice', 'secret'], { stdio: 'ignore' })
    const accounts = await HtpasswdFile.open(path)
    expect(await accounts.verify({ user: 'alice', password: 'secret' })).toBe(true)
    await writeFile(path, `${await htpasswdLine({ user: 'bob', password: 'ours' })}\n`)
    execFileSync('htpasswd', ['-vb', path, 'bob', 'ours'], { stdio: 'ignore' })
  })

  it('follows the file: a new password counts at once, and the old one no longer', async () => {
    await writeFile(path, `${await htpasswdLine({ user: 'bob', password: 'old' })}\n`)
    const accounts = await HtpasswdFile.open(path)
    expect(await accounts.verify({ user: 'bob', password: 'old' })).toBe(true)
    await writeFile(path, `${await htpasswdLine({ user: 'bob', password: 'new' })}\n${ALICE}\n`)
    expect(await accounts.verify({ user: 'bob', password: 'old' })).toBe(false)
    expect(await accounts.verify({ user: 'bob', password: 'new' })).toBe(true)
  })

  it.each([
    ['a line without a hash', 'alice'],
    ['a hash that is not bcrypt', 'alice:$apr1$x$y'],
    ['a cut hash', ALICE.slice(0, -1)],
  ])('is refused with DISTRIBUTION_BAD_ACCOUNTS for %s, and the hash is not told', async (_what, line) => {
    await writeFile(path, `${ALICE}\n${line}\n`)
    const refusal = HtpasswdFile.open(path)
    await expect(refusal).rejects.toMatchObject({ code: 'DISTRIBUTION_BAD_ACCOUNTS', message: expect.stringContaining('line 2') })
    await expect(refusal).rejects.not.toMatchObject({ message: expect.stringContaining('$') })
  })

  it('checks one password at a time, whoever guesses, and no more wait than it takes some seconds to check', async () => {
    await writeFile(path, `${ALICE}\n`)
    const accounts = await HtpasswdFile.open(path)
    const good = { user: 'alice', password: 'ct' }
    const guesses = await Promise.allSettled(Array.from({ length: 500 }, (_, i) => accounts.verify({ ...good, password: `guess ${i}` })))
    expect(guesses.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThanOrEqual(50)
    const refused = guesses.find(({ status }) => status === 'rejected')
    expect(refused).toMatchObject({ reason: { code: 'DISTRIBUTION_TOOMANYREQUESTS', headers: { 'retry-after': '5' } } })
    const same = await Promise.allSettled(Array.from({ length: 500 }, () => accounts.verify(good)))
    expect(new Set(same.map(({ status }) => status))).toEqual(new Set(['fulfilled']))
  })

  it('is refused when there is no file', async () => {
    await expect(HtpasswdFile.open(path)).rejects.toMatchObject({ code: 'DISTRIBUTION_BAD_ACCOUNTS' })
  })
})

describe('htpasswdLine', () => {
  it.each([
    ['', 'x'],
    ['a:b', 'x'],
    ['a\nb', 'x'],
    ['alice', ''],
    ['alice', 'x'.repeat(73)],
  ])('refuses the user %j with a password of a wrong kind', async (user, password) => {
    await expect(htpasswdLine({ user, password })).rejects.toMatchObject({ code: 'DISTRIBUTION_BAD_ACCOUNTS' })
  })
})
