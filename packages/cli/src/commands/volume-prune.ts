import { volumePrune as pruneVolumes } from '@ct/api'
import { confirm } from '../confirm.ts'
import { filterFlag } from '../create/bad-flag.ts'
import { decimalSize } from '../format/size.ts'
import { defineCommand } from '../parser/command.ts'

/** `ct volume prune`: removes the volumes that no container uses: the anonymous ones, or all. */
export const volumePrune = defineCommand({
  usage: '[OPTIONS]',
  flags: {
    all: { type: 'boolean', short: 'a', summary: 'Remove named volumes too' },
    filter: { type: 'list', placeholder: 'key=value', summary: 'Remove only what matches (label)' },
    force: { type: 'boolean', short: 'f', summary: 'Do not ask' },
  },
  args: { min: 0, max: 0 },
  async run({ flags: { all, filter, force } }, context) {
    const which = all === true ? 'all volumes' : 'the anonymous volumes'
    if (force !== true && !(await confirm(context, `This removes ${which} that no container uses. Go on?`))) return 0
    const { VolumesDeleted, SpaceReclaimed } = await (await context.connect()).call(pruneVolumes, {
      query: { ...(all === true && { all }), filters: filterFlag(filter) },
    })
    const names = VolumesDeleted ?? []
    if (names.length > 0) context.stdout.write(`Deleted Volumes:\n${names.map((name) => `${name}\n`).join('')}\n`)
    context.stdout.write(`Total reclaimed space: ${decimalSize(SpaceReclaimed)}\n`)
    return 0
  },
})
