import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { eventually, output } from './command.ts'
import { freePort } from './scratch.ts'
import { Service } from './service.ts'

/** Whether every one of these programs is installed, and we are root: what the tests beside peers need. */
export function havePeers(...programs: readonly string[]): boolean {
  const directories = (process.env.PATH ?? '').split(delimiter)
  return process.getuid?.() === 0 && programs.every((program) => directories.some((directory) => existsSync(join(directory, program))))
}

/** Debian's docker-registry on a free port of loopback, storing below `directory`. */
export async function startDockerRegistry(directory: string): Promise<{ readonly service: Service; readonly host: string }> {
  const port = await freePort()
  const config = join(directory, 'registry.yml')
  await writeFile(
    config,
    `version: 0.1\nlog: {level: warn}\nstorage:\n  filesystem: {rootdirectory: ${directory}/registry}\n  delete: {enabled: true}\nhttp: {addr: "127.0.0.1:${port}"}\n`,
  )
  const service = new Service(['docker-registry', 'serve', config], { logPath: join(directory, 'registry.log') })
  const host = `127.0.0.1:${port}`
  await eventually(async () => {
    if (!(await fetch(`http://${host}/v2/`)).ok) throw new Error('registry not ready')
  })
  return { service, host }
}

/** A private dockerd with its own directories; it makes a bridge of its own only when asked for a network. */
export async function startDockerd(
  directory: string,
  { network = false } = {},
): Promise<{ readonly service: Service; readonly host: string }> {
  await mkdir(directory, { recursive: true })
  const host = `unix://${directory}/docker.sock`
  const command = [
    'dockerd',
    '--data-root',
    `${directory}/data`,
    '--exec-root',
    `${directory}/exec`,
    '-H',
    host,
    '-p',
    `${directory}/docker.pid`,
  ]
  const service = new Service([...(network ? NEW_NETWORK : []), ...command, ...(network ? [] : NO_NETWORK)], {
    logPath: join(directory, 'dockerd.log'),
  })
  await eventually(() => output(['docker', '-H', host, 'version']), 60_000)
  return { service, host }
}

/** dockerd rewrites the packet filter of the namespace that it runs in: it gets one to itself. */
const NEW_NETWORK = ['unshare', '--net', '--kill-child', '--']
const NO_NETWORK = ['--bridge=none', '--iptables=false', '--ip6tables=false']

/** The command line of a podman, or buildah, with storage of its own below `directory`. */
export function privateContainersCommand(program: 'podman' | 'buildah', directory: string): readonly string[] {
  const storage = ['--root', `${directory}/${program}`, '--runroot', `${directory}/${program}-run`, '--storage-driver', 'overlay']
  return [program, ...storage, ...(program === 'podman' ? ['--cgroup-manager', 'cgroupfs', '--runtime', 'runc'] : [])]
}
