import { containerChanges } from '@ct/api'
import { defineCommand } from '../parser/command.ts'

const LETTERS = ['C', 'A', 'D'] as const

/** `ct diff`: paths that a container changed (C), added (A) and deleted (D). */
export const diff = defineCommand({
  usage: 'CONTAINER',
  flags: {},
  args: { min: 1, max: 1 },
  async run({ args: [id = ''] }, { connect, stdout }) {
    const changes = await (await connect()).call(containerChanges, { params: { id } })
    stdout.write((changes ?? []).map(({ Kind, Path }) => `${LETTERS[Kind]} ${Path}\n`).join(''))
    return 0
  },
})
