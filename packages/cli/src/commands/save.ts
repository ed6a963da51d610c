import { imageSaveMany } from '@ct/api'
import { writeAll } from '../context.ts'
import { CliError } from '../errors.ts'
import { defineCommand } from '../parser/command.ts'
import { writeFileWhole } from '../write-file.ts'

/** `ct save`: images as one archive, to a file or to stdout. */
export const save = defineCommand({
  usage: '[OPTIONS] IMAGE [IMAGE...]',
  flags: { output: { type: 'string', short: 'o', placeholder: 'file', summary: 'Write to a file instead of stdout' } },
  args: { min: 1, max: Number.POSITIVE_INFINITY },
  async run({ flags: { output }, args }, { connect, stdout }) {
    if (output === undefined && stdout.isTTY === true) {
      throw new CliError('CLI_BAD_ARGUMENTS', 'cowardly refusing to save to a terminal', {
        kind: 'invalid',
        hint: 'use -o FILE or redirect stdout',
      })
    }
    const archive = (await connect()).download(imageSaveMany, { query: { names: args } })
    if (output !== undefined) await writeFileWhole(output, archive)
    else for await (const chunk of archive) await writeAll(stdout, chunk)
    return 0
  },
})
