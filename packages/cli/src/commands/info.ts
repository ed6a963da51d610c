import { type SystemInfo, systemInfo } from '@ct/api'
import { binarySize } from '../format/size.ts'
import { parseTemplate, renderValue } from '../format/template.ts'
import { defineCommand } from '../parser/command.ts'
import { version } from '../version.ts'

/** `ct info`: what the daemon says of itself. */
export const info = defineCommand({
  usage: '[OPTIONS]',
  flags: { format: { type: 'string', short: 'f', summary: "'json' or a template: '{{.ServerVersion}}'" } },
  args: { min: 0, max: 0 },
  async run({ flags: { format = '' } }, { connect, host, stdout }) {
    const answer = await (await connect()).call(systemInfo)
    if (format === 'json') stdout.write(`${JSON.stringify(answer)}\n`)
    else if (format !== '') stdout.write(`${renderValue(parseTemplate(format), answer)}\n`)
    else stdout.write(infoText(answer, host))
    return 0
  },
})

function infoText(answer: SystemInfo, host: string): string {
  const lines = [
    'Client:',
    ` Version: ${version()}`,
    ` Host: ${host}`,
    '',
    'Server:',
    ` Containers: ${answer.Containers}`,
    `  Running: ${answer.ContainersRunning}`,
    `  Paused: ${answer.ContainersPaused}`,
    `  Stopped: ${answer.ContainersStopped}`,
    ` Images: ${answer.Images}`,
    ` Server Version: ${answer.ServerVersion}`,
    ` Storage Driver: ${answer.Driver}`,
    ...(answer.DriverStatus ?? []).map(([key, value]) => `  ${key}: ${value}`),
    ` Logging Driver: ${answer.LoggingDriver}`,
    ` Cgroup Driver: ${answer.CgroupDriver}`,
    ` Cgroup Version: ${answer.CgroupVersion}`,
    ` Runtimes: ${Object.keys(answer.Runtimes ?? {}).join(' ')}`,
    ` Default Runtime: ${answer.DefaultRuntime}`,
    ' Security Options:',
    ...(answer.SecurityOptions ?? []).map((option) => `  ${option.replace(/^name=/, '')}`),
    ` Kernel Version: ${answer.KernelVersion}`,
    ` Operating System: ${answer.OperatingSystem}`,
    ` OSType: ${answer.OSType}`,
    ` Architecture: ${answer.Architecture}`,
    ` CPUs: ${answer.NCPU}`,
    ` Total Memory: ${binarySize(answer.MemTotal)}`,
    ` Name: ${answer.Name}`,
    ` ID: ${answer.ID}`,
    ` Root Dir: ${answer.DockerRootDir}`,
    ` Live Restore Enabled: ${answer.LiveRestoreEnabled}`,
    ...(answer.Warnings ?? []).map((warning) => `WARNING: ${warning.replace(/^WARNING: /, '')}`),
  ]
  return `${lines.join('\n')}\n`
}
