import { imageLoad } from '@ct/api'
import { badFlag, mapFlag } from '../create/bad-flag.ts'
import { readEnvironment } from '../create/environment.ts'
import { progressOutput, showProgress } from '../image/pull-image.ts'
import { splitReference } from '../image/reference.ts'
import { defineCommand } from '../parser/command.ts'
import { writeFileWhole } from '../write-file.ts'

/** `ct pack`: an image of programs of this machine, with the loader and the libraries they need. */
export const pack = defineCommand({
  usage: '[OPTIONS] --name NAME[:TAG] PROGRAM [PROGRAM...]',
  flags: {
    add: { type: 'list', aliases: ['file'], placeholder: 'path[:path]', summary: 'Add a file, or a directory with all below it' },
    cmd: { type: 'list', summary: 'Default command, a word each (default the first program)' },
    entrypoint: { type: 'list', summary: 'Entrypoint, a word each' },
    env: { type: 'list', short: 'e', summary: 'Set a variable (NAME=value, or NAME to pass it on)' },
    label: { type: 'list', short: 'l', summary: 'Set a label (key=value)' },
    name: { type: 'list', short: 'n', placeholder: 'name', summary: 'Reference of the image (NAME[:TAG]); may be repeated' },
    output: { type: 'string', short: 'o', placeholder: 'file', summary: 'Write the archive to a file instead of loading it' },
    workdir: { type: 'string', short: 'w', summary: 'Working directory' },
  },
  args: { min: 1, max: Number.POSITIVE_INFINITY },
  details:
    'Links on the way to a file are kept, scripts bring their interpreter, and the same files make the same image\n(SOURCE_DATE_EPOCH sets its time). What a program opens by itself, as plugins and data, is added with --add.',
  examples: ['ct pack --name tools /bin/sh /bin/ls node', 'ct run --rm -it tools'],
  async run({ flags, args }, context) {
    if (flags.name.length === 0) throw badFlag('name', '', 'a reference for the image is needed')
    const { addAccounts, FileTree, packImage } = await import('../index.ts')
    const tree = await FileTree.open()
    let first = ''
    for (const program of args) {
      const path = await tree.addProgram(program, context.env.PATH)
      first ||= path
    }
    for (const text of flags.add) {
      const [source = '', destination] = text.split(':', 2)
      if (destination !== undefined && !destination.startsWith('/')) throw badFlag('add', text, 'the path in the image is not absolute')
      await tree.addFile(source, destination)
    }
    addAccounts(tree)
    const archive = await packImage(tree, {
      names: flags.name.map(withTag),
      cmd: flags.cmd.length > 0 ? flags.cmd : flags.entrypoint.length > 0 ? undefined : [first],
      entrypoint: flags.entrypoint.length > 0 ? flags.entrypoint : undefined,
      env: await readEnvironment(flags.env, [], context.env),
      workingDirectory: flags.workdir,
      labels: mapFlag('label', flags.label),
      created: new Date(Number(context.env.SOURCE_DATE_EPOCH ?? 0) * 1000),
    })
    if (flags.output !== undefined) await writeFileWhole(flags.output, archive)
    else await showProgress((await context.connect()).stream(imageLoad, { body: archive }), progressOutput(context, false))
    return 0
  },
})

function withTag(reference: string): string {
  const { name, tag = 'latest' } = splitReference(reference)
  return `${name}:${tag}`
}
