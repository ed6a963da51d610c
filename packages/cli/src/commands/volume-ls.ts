import { type Volume, volumeList } from '@ct/api'
import { pairs } from '../container/container-rows.ts'
import { filterFlag } from '../create/bad-flag.ts'
import { type Column, LIST_FLAGS, renderList } from '../format/list.ts'
import { defineCommand } from '../parser/command.ts'

const COLUMNS: readonly Column<Volume>[] = [
  { field: 'Driver', heading: 'DRIVER', value: ({ Driver }) => Driver },
  { field: 'Name', heading: 'VOLUME NAME', value: ({ Name }) => Name },
  { field: 'Mountpoint', heading: 'MOUNTPOINT', value: ({ Mountpoint }) => Mountpoint, hidden: true },
  { field: 'Scope', heading: 'SCOPE', value: ({ Scope }) => Scope, hidden: true },
  { field: 'Labels', heading: 'LABELS', value: ({ Labels }) => pairs(Labels), hidden: true },
]

/** `ct volume ls`: the volumes by name. */
export const volumeLs = defineCommand({
  usage: '[OPTIONS]',
  flags: {
    ...LIST_FLAGS,
    filter: { type: 'list', short: 'f', placeholder: 'key=value', summary: 'Show what matches (name, label, driver, dangling)' },
  },
  args: { min: 0, max: 0 },
  async run({ flags: { filter, format, quiet } }, { connect, stdout }) {
    const { Volumes } = await (await connect()).call(volumeList, { query: { filters: filterFlag(filter) } })
    const rows = [...(Volumes ?? [])].sort((a, b) => (a.Name < b.Name ? -1 : 1))
    stdout.write(renderList({ rows, columns: COLUMNS, format, quiet: quiet === true ? ({ Name }) => Name : undefined }))
    return 0
  },
})
