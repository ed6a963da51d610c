import { containerInspect } from '@ct/api'
import { CliError } from '../errors.ts'
import { defineCommand } from '../parser/command.ts'

/** `ct port`: where the ports of a container are published. */
export const port = defineCommand({
  usage: 'CONTAINER [PORT[/PROTOCOL]]',
  flags: {},
  args: { min: 1, max: 2 },
  async run({ args: [id = '', wanted] }, { connect, stdout }) {
    const { NetworkSettings } = await (await connect()).call(containerInspect, { params: { id } })
    const published = Object.entries(NetworkSettings.Ports ?? {}).flatMap(([key, bindings]) =>
      (bindings ?? []).map(({ HostIp = '', HostPort = '' }) => ({
        key,
        at: `${HostIp.includes(':') ? `[${HostIp}]` : HostIp}:${HostPort}`,
      })),
    )
    if (wanted === undefined) {
      stdout.write(published.map(({ key, at }) => `${key} -> ${at}\n`).join(''))
      return 0
    }
    const key = wanted.includes('/') ? wanted : `${wanted}/tcp`
    const lines = published.filter((one) => one.key === key)
    if (lines.length === 0) throw new CliError('CLI_BAD_ARGUMENTS', `no public port '${wanted}' published for ${id}`, { kind: 'not-found' })
    stdout.write(lines.map(({ at }) => `${at}\n`).join(''))
    return 0
  },
})
