import { defineCommand } from '../parser/command.ts'

/** `ct registry check`: reads every blob and names what is damaged or missing. */
export const registryCheck = defineCommand({
  usage: '[OPTIONS]',
  flags: {
    root: { type: 'string', placeholder: 'directory', summary: "Where images are kept (default 'registry' below the state directory)" },
    storage: { type: 'string', placeholder: 's3://bucket/prefix', summary: 'Keep images in a bucket, which others may share' },
    's3-endpoint': { type: 'string', placeholder: 'url', summary: 'Service of the bucket (default Amazon)' },
  },
  args: { min: 0, max: 0 },
  details: 'Prints a line for each damaged or missing blob, with who needs it, and exits with 1 when there is one. It only reads.',
  async run({ flags }, context) {
    const { checkRegistry } = await import('../registry/index.ts')
    return checkRegistry(flags, context)
  },
})
