import { volumeCreate as createVolume } from '@ct/api'
import { mapFlag } from '../create/bad-flag.ts'
import { defineCommand } from '../parser/command.ts'

/** `ct volume create`: a named volume, or one whose name is made up and printed. */
export const volumeCreate = defineCommand({
  usage: '[OPTIONS] [VOLUME]',
  flags: {
    driver: { type: 'string', short: 'd', summary: 'Driver (default local)' },
    label: { type: 'list', summary: 'Set a label (key=value)' },
    opt: { type: 'list', short: 'o', summary: 'Option of the driver (key=value)' },
  },
  args: { min: 0, max: 1 },
  async run({ flags: { driver, label, opt }, args: [name] }, { connect, stdout }) {
    const body = {
      ...(name !== undefined && { Name: name }),
      ...(driver !== undefined && { Driver: driver }),
      ...(label.length > 0 && { Labels: mapFlag('label', label) }),
      ...(opt.length > 0 && { DriverOpts: mapFlag('opt', opt) }),
    }
    stdout.write(`${(await (await connect()).call(createVolume, { body })).Name}\n`)
    return 0
  },
})
