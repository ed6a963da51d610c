import { text } from 'node:stream/consumers'
import { badFlag } from '../create/bad-flag.ts'
import { defineCommand } from '../parser/command.ts'

/** `ct registry user add`: an account, or a new password for it; the password is the first line of stdin. */
export const registryUserAdd = defineCommand({
  usage: '[OPTIONS] --htpasswd FILE NAME',
  flags: { htpasswd: { type: 'string', placeholder: 'file', summary: 'The file of accounts; made when it is missing' } },
  args: { min: 1, max: 1 },
  details: 'The password is the first line of stdin. A server that runs takes the change over.',
  examples: ['ct registry user add --htpasswd accounts alice < password'],
  async run({ flags: { htpasswd }, args: [user = ''] }, { stdin }) {
    if (htpasswd === undefined) throw badFlag('htpasswd', '', 'a file for the accounts is needed')
    const { addUser } = await import('../registry/index.ts')
    const [password = ''] = (await text(stdin)).split(/\r?\n/)
    await addUser(htpasswd, { user, password })
    return 0
  },
})
