import { countFlag } from '../create/bad-flag.ts'
import { decimalSize } from '../format/size.ts'
import { defineCommand } from '../parser/command.ts'
import { STORAGE_FLAGS } from '../registry/storage-flags.ts'

/** `ct registry gc`: removes what nothing needs, also while the registry serves. */
export const registryGc = defineCommand({
  usage: '[OPTIONS]',
  flags: {
    ...STORAGE_FLAGS,
    untagged: { type: 'boolean', summary: 'Also remove manifests that no tag, index or subject leads to' },
    grace: {
      type: 'string',
      placeholder: 'minutes',
      summary: 'Keep blobs that came within so long and that no manifest names yet (default 60)',
    },
    'keep-newest': { type: 'string', placeholder: 'n', summary: 'Keep this many tags of each repository, the last ones pushed' },
    'keep-days': { type: 'string', placeholder: 'n', summary: 'Keep tags that were pushed within this many days' },
    'keep-tag': { type: 'list', placeholder: 'pattern', summary: "Keep tags with this name ('v*')" },
    retention: {
      type: 'string',
      placeholder: 'file',
      summary: 'Rules for tags that stay, as a JSON list of {repositories, newest, days, tags}',
    },
    'dry-run': { type: 'boolean', summary: 'Only say what would be removed from repositories' },
  },
  args: { min: 0, max: 0 },
  details:
    'A server of the same directory is asked to do it; nothing that is being pushed or served is lost.\nWith rules, tags that none of them keeps are removed, and manifests of those repositories that nothing leads to any more;\nwithout, a server follows its own.',
  examples: ['ct registry gc --keep-newest 10 --keep-tag "v*" --dry-run'],
  async run({ flags }, context) {
    const minutes = countFlag('grace', flags.grace, { least: 0 })
    const options = {
      graceMs: minutes === undefined ? undefined : minutes * 60_000,
      removesUntagged: flags.untagged === true,
      isDryRun: flags['dry-run'] === true,
    }
    const { collectRegistry } = await import('../registry/index.ts')
    const { tags, manifests, links, freedBytes } = await collectRegistry(flags, options, context)
    for (const tag of tags) context.stdout.write(`${options.isDryRun ? 'would untag' : 'untagged'} ${tag}\n`)
    const what = `${manifests} manifests and ${links} blobs of repositories`
    context.stdout.write(options.isDryRun ? `would remove ${what}\n` : `removed ${what}; ${decimalSize(freedBytes)} freed\n`)
    return 0
  },
})
