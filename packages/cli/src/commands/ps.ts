import { containerList } from '@ct/api'
import { containerColumns, shortId } from '../container/container-rows.ts'
import { filterFlag, integerFlag } from '../create/bad-flag.ts'
import { LIST_FLAGS, renderList } from '../format/list.ts'
import { defineCommand } from '../parser/command.ts'

/** `ct ps`: the containers, newest first. */
export const ps = defineCommand({
  usage: '[OPTIONS]',
  flags: {
    ...LIST_FLAGS,
    all: { type: 'boolean', short: 'a', summary: 'Show all containers, not only those that run' },
    filter: { type: 'list', short: 'f', placeholder: 'key=value', summary: 'Show what matches (id, name, label, status, ancestor, …)' },
    last: { type: 'string', short: 'n', placeholder: 'int', summary: 'Show the last created ones, of all states' },
    latest: { type: 'boolean', short: 'l', summary: 'Show the last created one, of any state' },
    'no-trunc': { type: 'boolean', summary: 'Do not shorten' },
    size: { type: 'boolean', short: 's', summary: 'Show sizes' },
  },
  args: { min: 0, max: 0 },
  async run({ flags }, { connect, stdout }) {
    const limit = flags.latest === true ? 1 : integerFlag('last', flags.last)
    const query = { all: flags.all, limit, size: flags.size, filters: filterFlag(flags.filter) }
    const rows = await (await connect()).call(containerList, { query })
    const noTrunc = flags['no-trunc'] === true
    const quiet = flags.quiet === true ? ({ Id }: { readonly Id: string }): string => (noTrunc ? Id : shortId(Id)) : undefined
    stdout.write(renderList({ rows, columns: containerColumns({ noTrunc, size: flags.size === true }), format: flags.format, quiet }))
    return 0
  },
})
