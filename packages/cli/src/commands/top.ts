import { containerTop } from '@ct/api'
import { renderTable } from '../format/table.ts'
import { defineCommand } from '../parser/command.ts'

/** `ct top`: the processes of a container as the host's ps sees them. */
export const top = defineCommand({
  usage: 'CONTAINER [ps OPTIONS]',
  flags: {},
  args: { min: 1, max: Number.POSITIVE_INFINITY },
  stopsAtPositional: true,
  async run({ args: [id = '', ...psArgs] }, { connect, stdout }) {
    const query = psArgs.length === 0 ? {} : { ps_args: psArgs.join(' ') }
    const { Titles, Processes } = await (await connect()).call(containerTop, { params: { id }, query })
    stdout.write(renderTable([Titles, ...(Processes ?? [])]))
    return 0
  },
})
