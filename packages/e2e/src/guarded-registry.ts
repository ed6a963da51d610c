import { mkdir } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { eventually, output } from './command.ts'
import { CT } from './ct.ts'
import { freePort } from './scratch.ts'
import { Service } from './service.ts'

/** A private registry as `ct registry serve` makes it: accounts, tokens, and TLS by an authority of its own. */
export interface GuardedRegistry {
  readonly service: Service
  readonly host: string
  /** A directory with `ca.crt`, as docker and podman want it for one registry. */
  readonly certificates: string
  readonly user: string
  readonly password: string
}

/** Starts one, storing below `directory`; it is not on loopback where there is another address, for docker trusts loopback blindly. */
export async function startGuardedRegistry(directory: string): Promise<GuardedRegistry> {
  const address = outerAddress()
  const host = `${address}:${await freePort()}`
  const [user, password] = ['alice', 'correct horse']
  const [accounts, certificates] = [`${directory}/accounts`, `${directory}/certificates`]
  await mkdir(certificates)
  const [key, certificate] = [`${directory}/tls.key`, `${certificates}/ca.crt`]
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key]
  const name = ['-subj', '/CN=registry', '-addext', `subjectAltName=IP:${address}`]
  await output(['openssl', 'req', '-x509', ...newKey, '-out', certificate, '-days', '1', ...name])
  await output([...CT, 'registry', 'user', 'add', '--htpasswd', accounts, user], { input: `${password}\n` })
  const flags = ['--htpasswd', accounts, '--token-url', `https://${host}`, '--tls-cert', certificate, '--tls-key', key]
  const service = new Service([...CT, 'registry', 'serve', '--root', `${directory}/guarded`, '--listen', host, ...flags], {
    logPath: `${directory}/guarded.log`,
  })
  await eventually(async () => {
    if (!(await service.log()).includes('ready on')) throw new Error('registry not ready')
  })
  return { service, host, certificates, user, password }
}

function outerAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? [])
  return addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1'
}
