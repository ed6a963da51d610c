import { type Network, networkList } from '@ct/api'
import { pairs, shortId } from '../container/container-rows.ts'
import { filterFlag } from '../create/bad-flag.ts'
import { type Column, LIST_FLAGS, renderList } from '../format/list.ts'
import { defineCommand } from '../parser/command.ts'

/** `ct network ls`: the networks by name. */
export const networkLs = defineCommand({
  usage: '[OPTIONS]',
  flags: {
    ...LIST_FLAGS,
    filter: { type: 'list', short: 'f', placeholder: 'key=value', summary: 'Show what matches (name, id, driver, label, …)' },
    'no-trunc': { type: 'boolean', summary: 'Do not shorten' },
  },
  args: { min: 0, max: 0 },
  async run({ flags }, { connect, stdout }) {
    const rows = await (await connect()).call(networkList, { query: { filters: filterFlag(flags.filter) } })
    const id = ({ Id }: Network): string => (flags['no-trunc'] === true ? Id : shortId(Id))
    const sorted = [...rows].sort((a, b) => (a.Name < b.Name ? -1 : 1))
    stdout.write(renderList({ rows: sorted, columns: columns(id), format: flags.format, quiet: flags.quiet === true ? id : undefined }))
    return 0
  },
})

function columns(id: (row: Network) => string): readonly Column<Network>[] {
  return [
    { field: 'ID', heading: 'NETWORK ID', value: id },
    { field: 'Name', heading: 'NAME', value: ({ Name }) => Name },
    { field: 'Driver', heading: 'DRIVER', value: ({ Driver }) => Driver },
    { field: 'Scope', heading: 'SCOPE', value: ({ Scope }) => Scope },
    { field: 'Labels', heading: 'LABELS', value: ({ Labels }) => pairs(Labels), hidden: true },
  ]
}
