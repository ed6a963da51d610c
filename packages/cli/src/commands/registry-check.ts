import { defineCommand } from '../parser/command.ts'
import { STORAGE_FLAGS } from '../registry/storage-flags.ts'

/** `ct registry check`: reads every blob, names what is damaged or missing, and compares the index of referrers with the manifests. */
export const registryCheck = defineCommand({
  usage: '[OPTIONS]',
  flags: {
    ...STORAGE_FLAGS,
    repair: { type: 'boolean', summary: 'Mend the index of referrers' },
  },
  args: { min: 0, max: 0 },
  details:
    'Prints a line for each damaged or missing blob, with who needs it, and for each referrer that the index of referrers lacks (unlisted)\nor has wrongly (stale), and exits with 1 when there is one. It only reads, unless it is to repair: then the index is right afterwards,\nand only blobs count.',
  examples: ['ct registry check --repair'],
  async run({ flags }, context) {
    const { checkRegistry } = await import('../registry/index.ts')
    return checkRegistry(flags, context)
  },
})
