import { defineCommand } from '../parser/command.ts'

/** `ct registry check`: reads every blob and names what is damaged or missing. */
export const registryCheck = defineCommand({
  usage: '[OPTIONS]',
  flags: {
    root: { type: 'string', placeholder: 'directory', summary: "Where images are kept (default 'registry' below the state directory)" },
  },
  args: { min: 0, max: 0 },
  details: 'Prints a line for each damaged or missing blob, with who needs it, and exits with 1 when there is one. It only reads.',
  async run({ flags: { root } }, context) {
    const [{ ContentStore }, { scrub }, { registryRoot }] = await Promise.all([
      import('@ct/image'),
      import('@ct/registry'),
      import('../registry/registry-root.ts'),
    ])
    const damage = await scrub(await ContentStore.open(registryRoot(root, context)))
    for (const { digest, problem, references } of damage)
      context.stdout.write(`${problem} ${digest} ${references.length === 0 ? '(nothing needs it)' : references.join(' ')}\n`)
    return damage.length === 0 ? 0 : 1
  },
})
