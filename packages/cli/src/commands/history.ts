import { type ImageHistoryItem, imageHistory } from '@ct/api'
import { ellipsis, shortId } from '../container/container-rows.ts'
import { type Column, LIST_FLAGS, renderList } from '../format/list.ts'
import { decimalSize } from '../format/size.ts'
import { goTime, humanDuration } from '../format/time.ts'
import { defineCommand } from '../parser/command.ts'

/** `ct history`: the steps that made an image, newest first. */
export const history = defineCommand({
  usage: '[OPTIONS] IMAGE',
  flags: { ...LIST_FLAGS, 'no-trunc': { type: 'boolean', summary: 'Do not shorten' } },
  args: { min: 1, max: 1 },
  async run({ flags, args: [name = ''] }, { connect, stdout }) {
    const rows = await (await connect()).call(imageHistory, { params: { name } })
    const noTrunc = flags['no-trunc'] === true
    const id = ({ Id }: ImageHistoryItem): string => (noTrunc || Id.startsWith('<') ? Id : shortId(Id))
    stdout.write(renderList({ rows, columns: columns(id, noTrunc), format: flags.format, quiet: flags.quiet === true ? id : undefined }))
    return 0
  },
})

function columns(id: (row: ImageHistoryItem) => string, noTrunc: boolean): readonly Column<ImageHistoryItem>[] {
  return [
    { field: 'ID', heading: 'IMAGE', value: id },
    { field: 'CreatedSince', heading: 'CREATED', value: ({ Created }) => `${humanDuration(Date.now() - Created * 1000)} ago` },
    {
      field: 'CreatedBy',
      heading: 'CREATED BY',
      value: ({ CreatedBy }) => (noTrunc ? CreatedBy : ellipsis(CreatedBy.replaceAll('\t', ' '), 45)),
    },
    { field: 'Size', heading: 'SIZE', value: ({ Size }) => decimalSize(Size) },
    { field: 'Comment', heading: 'COMMENT', value: ({ Comment }) => Comment },
    { field: 'CreatedAt', heading: 'CREATED AT', value: ({ Created }) => goTime(new Date(Created * 1000)), hidden: true },
  ]
}
