import { containerInspect, containerLogs, demultiplex } from '@ct/api'
import { type Context, writeAll } from '../context.ts'
import { badFlag } from '../create/bad-flag.ts'
import { parseTime } from '../format/time.ts'
import { defineCommand } from '../parser/command.ts'

/** `ct logs`: what a container wrote, each stream on the one of ours. */
export const logs = defineCommand({
  usage: '[OPTIONS] CONTAINER',
  flags: {
    details: { type: 'boolean', summary: 'Show the extra attributes of the log' },
    follow: { type: 'boolean', short: 'f', summary: 'Go on until the container ends' },
    since: { type: 'string', summary: 'Show lines from this time on (2026-01-31T12:00:00Z, 1700000000, 10m)' },
    tail: { type: 'string', short: 'n', summary: 'Show so many lines of the end (default all)' },
    timestamps: { type: 'boolean', short: 't', summary: 'Show the time of each line' },
    until: { type: 'string', summary: 'Show lines before this time' },
  },
  args: { min: 1, max: 1 },
  async run({ flags, args: [id = ''] }, context) {
    const { follow, timestamps, details, tail } = flags
    const [since, until] = [timeFlag('since', flags.since), timeFlag('until', flags.until)]
    const client = await context.connect()
    const { Config } = await client.call(containerInspect, { params: { id } })
    const query = { stdout: true, stderr: true, follow, timestamps, details, tail, since, until }
    await copyLog(context, client.download(containerLogs, { params: { id }, query }), Config.Tty === true)
    return 0
  },
})

async function copyLog({ stdout, stderr }: Context, bytes: AsyncIterable<Uint8Array>, tty: boolean): Promise<void> {
  if (tty) for await (const chunk of bytes) await writeAll(stdout, chunk)
  else for await (const { stream, chunk } of demultiplex(bytes)) await writeAll(stream === 'stderr' ? stderr : stdout, chunk)
}

function timeFlag(flag: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined
  const time = parseTime(value)
  if (time === undefined) throw badFlag(flag, value, 'neither a time nor a duration')
  return time
}
