import { defineCommand } from '../parser/command.ts'
import { STORAGE_FLAGS } from '../registry/storage-flags.ts'

/** `ct registry check`: reads every blob and names what is damaged or missing. */
export const registryCheck = defineCommand({
  usage: '[OPTIONS]',
  flags: {
    ...STORAGE_FLAGS,
  },
  args: { min: 0, max: 0 },
  details: 'Prints a line for each damaged or missing blob, with who needs it, and exits with 1 when there is one. It only reads.',
  async run({ flags }, context) {
    const { checkRegistry } = await import('../registry/index.ts')
    return checkRegistry(flags, context)
  },
})
