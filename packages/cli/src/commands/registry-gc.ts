import { integerFlag } from '../create/bad-flag.ts'
import { decimalSize } from '../format/size.ts'
import { defineCommand } from '../parser/command.ts'

/** `ct registry gc`: removes what nothing needs, also while the registry serves. */
export const registryGc = defineCommand({
  usage: '[OPTIONS]',
  flags: {
    root: { type: 'string', placeholder: 'directory', summary: "Where images are kept (default 'registry' below the state directory)" },
    storage: { type: 'string', placeholder: 's3://bucket/prefix', summary: 'Keep images in a bucket, which others may share' },
    's3-endpoint': { type: 'string', placeholder: 'url', summary: 'Service of the bucket (default Amazon)' },
    untagged: { type: 'boolean', summary: 'Also remove manifests that no tag, index or subject leads to' },
    grace: {
      type: 'string',
      placeholder: 'minutes',
      summary: 'Keep blobs that came within so long and that no manifest names yet (default 60)',
    },
  },
  args: { min: 0, max: 0 },
  details: 'A server of the same directory is asked to do it; nothing that is being pushed or served is lost.',
  async run({ flags }, context) {
    const minutes = integerFlag('grace', flags.grace)
    const options = { graceMs: minutes === undefined ? undefined : minutes * 60_000, removesUntagged: flags.untagged === true }
    const { collectRegistry } = await import('../registry/index.ts')
    const { manifests, links, freedBytes } = await collectRegistry(flags, options, context)
    context.stdout.write(`removed ${manifests} manifests and ${links} blobs of repositories; ${decimalSize(freedBytes)} freed\n`)
    return 0
  },
})
