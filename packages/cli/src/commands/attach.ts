import { containerInspect } from '@ct/api'
import { CliError } from '../errors.ts'
import { defineCommand } from '../parser/command.ts'
import { requireTerminal, runAttached } from '../terminal/attached-run.ts'

/** `ct attach`: our streams joined with those of a container that runs. */
export const attach = defineCommand({
  usage: '[OPTIONS] CONTAINER',
  flags: {
    'detach-keys': { type: 'string', summary: 'Keys that end the session and leave the container running (ctrl-p,ctrl-q)' },
    'no-stdin': { type: 'boolean', summary: 'Do not attach STDIN' },
    'sig-proxy': { type: 'boolean', summary: 'Pass the signals that ct receives on to the container (default true)' },
  },
  args: { min: 1, max: 1 },
  async run({ flags, args: [name = ''] }, context) {
    const client = await context.connect()
    const { Id: id, State, Config } = await client.call(containerInspect, { params: { id: name } })
    if (!State.Running) throw cannotAttach('stopped container, start it first')
    if (State.Paused) throw cannotAttach('paused container, unpause it first')
    const tty = Config.Tty === true
    const stdin = flags['no-stdin'] !== true && Config.OpenStdin === true
    requireTerminal(context, tty, stdin)
    return runAttached(client, context, {
      id,
      tty,
      attachment: { stdin, stdout: true, stderr: true },
      condition: 'not-running',
      detachKeys: flags['detach-keys'],
      sigProxy: flags['sig-proxy'],
    })
  },
})

function cannotAttach(reason: string): CliError {
  return new CliError('CLI_BAD_ARGUMENTS', `cannot attach to a ${reason}`, { kind: 'conflict' })
}
