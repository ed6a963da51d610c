import { API_VERSION, type SystemVersion, systemVersion } from '@ct/api'
import { parseTemplate, renderValue } from '../format/template.ts'
import { defineCommand } from '../parser/command.ts'
import { version } from '../version.ts'

/** `ct version`: both ends of the socket. */
export const versionCommand = defineCommand({
  usage: '[OPTIONS]',
  flags: { format: { type: 'string', short: 'f', summary: "'json' or a template: '{{.Server.Version}}'" } },
  args: { min: 0, max: 0 },
  async run({ flags: { format = '' } }, { connect, stdout }) {
    const Client = { Version: version(), ApiVersion: API_VERSION, NodeVersion: process.version, Os: process.platform, Arch: process.arch }
    if (format === '') stdout.write(section('Client: ct', Object.entries({ ...labels(Client), 'Node version': Client.NodeVersion })))
    const Server = await (await connect()).call(systemVersion)
    if (format === 'json') stdout.write(`${JSON.stringify({ Client, Server })}\n`)
    else if (format !== '') stdout.write(`${renderValue(parseTemplate(format), { Client, Server })}\n`)
    else stdout.write(`\n${serverText(Server)}`)
    return 0
  },
})

interface Side {
  readonly Version: string
  readonly ApiVersion: string
  readonly Os: string
  readonly Arch: string
}

function labels({ Version, ApiVersion, Os, Arch }: Side): Record<string, string> {
  return { Version, 'API version': ApiVersion, 'OS/Arch': `${Os}/${Arch}` }
}

function serverText(server: SystemVersion): string {
  const { MinAPIVersion, KernelVersion, Components = [] } = server
  const api = `${server.ApiVersion}${MinAPIVersion === undefined ? '' : ` (minimum version ${MinAPIVersion})`}`
  const lines: [string, string][] = Object.entries({ ...labels(server), 'API version': api, Kernel: KernelVersion })
  const others = Components.filter(({ Name }) => Name !== 'Engine').map(({ Name, Version }): [string, string] => [Name, Version])
  return section(`Server: ${server.Platform?.Name ?? ''}`.trimEnd(), [...lines, ...others])
}

function section(title: string, lines: readonly (readonly [string, string])[]): string {
  return `${title}\n${lines.map(([label, value]) => ` ${`${label}:`.padEnd(18)}${value}\n`).join('')}`
}
