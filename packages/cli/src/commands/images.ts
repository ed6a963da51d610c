import { imageList } from '@ct/api'
import { shortId } from '../container/container-rows.ts'
import { filterFlag } from '../create/bad-flag.ts'
import { LIST_FLAGS, renderList } from '../format/list.ts'
import { imageColumns, imageRows } from '../image/image-rows.ts'
import { defineCommand } from '../parser/command.ts'

/** `ct images`: the images of the daemon, newest first, one line per tag. */
export const images = defineCommand({
  usage: '[OPTIONS] [REPOSITORY[:TAG]]',
  flags: {
    ...LIST_FLAGS,
    all: { type: 'boolean', short: 'a', summary: 'Show all images, also intermediate ones' },
    digests: { type: 'boolean', summary: 'Show digests' },
    filter: {
      type: 'list',
      short: 'f',
      placeholder: 'key=value',
      summary: 'Show what matches (reference, label, dangling, before, since)',
    },
    'no-trunc': { type: 'boolean', summary: 'Do not shorten' },
  },
  args: { min: 0, max: 1 },
  async run({ flags, args: [reference] }, { connect, stdout }) {
    const filters = { ...filterFlag(flags.filter), ...(reference !== undefined && { reference: [reference] }) }
    const list = await (await connect()).call(imageList, { query: { all: flags.all, filters } })
    const noTrunc = flags['no-trunc'] === true
    const digests = flags.digests === true
    const rows = imageRows(list, digests)
    const quiet = flags.quiet === true ? ({ image: { Id } }: (typeof rows)[number]): string => (noTrunc ? Id : shortId(Id)) : undefined
    stdout.write(renderList({ rows, json: list, columns: imageColumns({ noTrunc, digests }), format: flags.format, quiet }))
    return 0
  },
})
