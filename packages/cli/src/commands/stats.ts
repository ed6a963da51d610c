import { type Client, type ContainerStats, containerList, containerStats } from '@ct/api'
import { isCtError } from '@ct/errors'
import { type Row, statsColumns, toRow } from '../container/stats-rows.ts'
import type { Context } from '../context.ts'
import { renderList } from '../format/list.ts'
import { defineCommand } from '../parser/command.ts'

const REDRAW_MS = 1000

/** `ct stats`: CPU, memory, network and disk of containers, redrawn every second. */
export const stats = defineCommand({
  usage: '[OPTIONS] [CONTAINER...]',
  flags: {
    all: { type: 'boolean', short: 'a', summary: 'Show all containers, not only those that run' },
    format: { type: 'string', summary: "'table', 'json', 'table TEMPLATE' or a template" },
    'no-stream': { type: 'boolean', summary: 'Print once' },
    'no-trunc': { type: 'boolean', summary: 'Do not shorten' },
  },
  args: { min: 0, max: Number.POSITIVE_INFINITY },
  async run({ flags, args }, context) {
    const client = await context.connect()
    const listed = args.length > 0 ? args : (await client.call(containerList, { query: { all: flags.all } })).map(({ Id }) => Id)
    const columns = statsColumns(flags['no-trunc'] === true)
    const draw = (samples: readonly ContainerStats[]): string => {
      const rows = samples.map(toRow)
      return renderList<Row>({ rows, json: samples, columns, format: flags.format })
    }
    if (flags['no-stream'] === true) context.stdout.write(draw(await Promise.all(listed.map((id) => sampleOnce(client, id)))))
    else await follow(client, context, { ids: listed, draw })
    return 0
  },
})

async function sampleOnce(client: Client, id: string): Promise<ContainerStats> {
  for await (const sample of client.stream(containerStats, { params: { id }, query: { stream: false } })) return sample
  throw new TypeError(`no sample of ${id}`)
}

interface Follow {
  readonly ids: readonly string[]
  readonly draw: (samples: readonly ContainerStats[]) => string
}

/** Reads one stream per container and draws the newest samples together; ends with the last of the streams. */
async function follow(client: Client, { stdout }: Context, { ids, draw }: Follow): Promise<void> {
  const newest = new Map<string, ContainerStats>()
  const show = (): void => {
    const samples = ids.flatMap((id) => newest.get(id) ?? [])
    stdout.write(`${stdout.isTTY === true ? '\x1b[H\x1b[2J' : ''}${draw(samples)}`)
  }
  const timer = setInterval(show, REDRAW_MS)
  try {
    await Promise.all(ids.map((id) => followOne(client, id, newest)))
  } finally {
    clearInterval(timer)
  }
}

async function followOne(client: Client, id: string, newest: Map<string, ContainerStats>): Promise<void> {
  try {
    for await (const sample of client.stream(containerStats, { params: { id }, query: { stream: true } })) newest.set(id, sample)
  } catch (error) {
    // A container that is removed meanwhile leaves the table.
    if (!isCtError(error) || error.kind !== 'not-found' || newest.size === 0) throw error
  } finally {
    newest.delete(id)
  }
}
