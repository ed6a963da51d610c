import type { Command } from './command.ts'
import { isOn } from './command.ts'
import { UsageError } from './parse-flags.ts'

/** `ct-runc list`. */
export const list: Command = {
  name: 'list',
  summary: 'list containers',
  usage: '',
  flags: { format: false, quiet: true },
  aliases: { f: 'format', q: 'quiet' },
  async run(context) {
    const { runtime, flags, print } = context
    const { format = 'table' } = flags
    if (format !== 'table' && format !== 'json') throw new UsageError(`invalid format ${JSON.stringify(format)}: table or json`)
    const all = await runtime.listDetails()
    if (isOn(context, 'quiet')) print(all.map(({ id }) => `${id}\n`).join(''))
    else if (format === 'json') print(`${JSON.stringify(all)}\n`)
    else print(table(all.map(({ id, pid, status, bundle, created, owner }) => [id, String(pid), status, bundle, created, owner])))
    return 0
  },
}

function table(rows: readonly (readonly string[])[]): string {
  const all = [['ID', 'PID', 'STATUS', 'BUNDLE', 'CREATED', 'OWNER'], ...rows]
  const widths = all[0]?.map((_, column) => Math.max(12, ...all.map((row) => (row[column]?.length ?? 0) + 3))) ?? []
  return all.map((row) => `${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('')}\n`).join('')
}
