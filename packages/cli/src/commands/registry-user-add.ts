import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { hasErrno } from '@ct/errors'
import { badFlag } from '../create/bad-flag.ts'
import { defineCommand } from '../parser/command.ts'
import { writeFileWhole } from '../write-file.ts'

/** `ct registry user add`: an account, or a new password for it; the password is the first line of stdin. */
export const registryUserAdd = defineCommand({
  usage: '[OPTIONS] --htpasswd FILE NAME',
  flags: { htpasswd: { type: 'string', placeholder: 'file', summary: 'The file of accounts; made when it is missing' } },
  args: { min: 1, max: 1 },
  details: 'The password is the first line of stdin. A server that runs takes the change over.',
  examples: ['ct registry user add --htpasswd accounts alice < password'],
  async run({ flags: { htpasswd }, args: [name = ''] }, { stdin }) {
    if (htpasswd === undefined) throw badFlag('htpasswd', '', 'a file for the accounts is needed')
    const [{ htpasswdLine }, { bodyOf }] = await Promise.all([import('@ct/registry'), import('@ct/image')])
    const [password = ''] = (await text(stdin)).split(/\r?\n/)
    const line = await htpasswdLine({ user: name, password })
    const others = (await read(htpasswd)).split('\n').filter((other) => other !== '' && !other.startsWith(`${name}:`))
    await writeFileWhole(htpasswd, bodyOf(Buffer.from(`${[...others, line].join('\n')}\n`)))
    return 0
  },
})

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return ''
    throw error
  }
}
