import { containerRename } from '@ct/api'
import { defineCommand } from '../parser/command.ts'

/** `ct rename`: another name for a container. */
export const rename = defineCommand({
  usage: 'CONTAINER NEW_NAME',
  flags: {},
  args: { min: 2, max: 2 },
  async run({ args: [id = '', name = ''] }, { connect }) {
    await (await connect()).call(containerRename, { params: { id }, query: { name } })
    return 0
  },
})
