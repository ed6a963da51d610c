import { createReadStream } from 'node:fs'
import { access } from 'node:fs/promises'
import { imageLoad } from '@ct/api'
import { hasErrno } from '@ct/errors'
import type { Context } from '../context.ts'
import { CliError } from '../errors.ts'
import { progressOutput, showProgress } from '../image/pull-image.ts'
import { defineCommand } from '../parser/command.ts'

/** `ct load`: the images of an archive, from a file or from stdin. */
export const load = defineCommand({
  usage: '[OPTIONS]',
  flags: {
    input: { type: 'string', short: 'i', placeholder: 'file', summary: 'Read from a file instead of stdin' },
    quiet: { type: 'boolean', short: 'q', summary: 'Do not show the progress' },
  },
  args: { min: 0, max: 0 },
  async run({ flags: { input, quiet } }, context) {
    const body = await openArchive(context, input)
    const client = await context.connect()
    await showProgress(client.stream(imageLoad, { query: { quiet }, body }), progressOutput(context, false))
    return 0
  },
})

async function openArchive({ stdin }: Context, path: string | undefined): Promise<AsyncIterable<Uint8Array>> {
  if (path === undefined) {
    if (stdin.isTTY !== true) return stdin as AsyncIterable<Uint8Array>
    throw new CliError('CLI_BAD_ARGUMENTS', 'requested load from stdin, but stdin is a terminal', { kind: 'invalid', hint: 'use -i FILE' })
  }
  try {
    await access(path)
  } catch (error) {
    if (!hasErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES')) throw error
    throw new CliError('CLI_BAD_ARGUMENTS', `cannot read ${path}: ${error.message}`, { kind: 'not-found', cause: error })
  }
  return createReadStream(path, { highWaterMark: 1024 * 1024 })
}
