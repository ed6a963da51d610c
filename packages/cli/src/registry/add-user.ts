import { readFile } from 'node:fs/promises'
import { hasErrno } from '@ct/errors'
import { bodyOf } from '@ct/image'
import { htpasswdLine } from '@ct/registry'
import { writeFileWhole } from '../write-file.ts'

/** Adds an account to a file of accounts, which is made when it is missing, or gives it a new password. Throws what `htpasswdLine` throws. */
export async function addUser(path: string, account: { readonly user: string; readonly password: string }): Promise<void> {
  const line = await htpasswdLine(account)
  const others = (await read(path)).split('\n').filter((other) => other !== '' && !other.startsWith(`${account.user}:`))
  await writeFileWhole(path, bodyOf(Buffer.from(`${[...others, line].join('\n')}\n`)))
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return ''
    throw error
  }
}
