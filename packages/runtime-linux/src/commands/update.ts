import { readFileSync } from 'node:fs'
import { validateResources } from '../spec/validate-resources.ts'
import { type Command, idOf } from './command.ts'
import { UsageError } from './parse-flags.ts'

const STDIN = 0

/** `ct-runc update`: limits come as JSON, in a file or on standard input. */
export const update: Command = {
  name: 'update',
  summary: 'change the limits of a container',
  usage: '<container-id>',
  flags: { resources: false },
  aliases: { r: 'resources' },
  async run(context) {
    const { resources } = context.flags
    if (resources === undefined) throw new UsageError('update needs --resources <file> (or - for standard input)')
    const value: unknown = JSON.parse(readFileSync(resources === '-' ? STDIN : resources, 'utf8'))
    await context.runtime.update(idOf(context), validateResources(value))
    return 0
  },
}
