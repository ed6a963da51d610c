import {
  basicGatekeeper,
  bearerGatekeeper,
  createTokenIssuer,
  HtpasswdFile,
  type Policy,
  policyOf,
  type ServeRegistryOptions,
  type TlsFiles,
} from '@ct/registry'
import { badFlag, sizeFlag } from '../create/bad-flag.ts'
import { readPolicyFile } from './policy-file.ts'

/** The flags of `ct registry serve` that say who may do what, and where. */
export interface ServeFlags {
  readonly listen?: string | undefined
  readonly htpasswd?: string | undefined
  readonly policy?: string | undefined
  readonly 'token-url'?: string | undefined
  readonly 'anonymous-pull'?: boolean | undefined
  readonly 'tls-cert'?: string | undefined
  readonly 'tls-key'?: string | undefined
  readonly 'client-ca'?: string | undefined
  readonly 'read-only'?: boolean | undefined
  readonly quota?: string | undefined
  readonly webhook: readonly string[]
  readonly metrics?: boolean | undefined
  readonly open?: boolean | undefined
}

/** What the flags mean for the server. Throws `CLI_BAD_FLAG`, and DistributionError for accounts that cannot be read. */
export async function serveOptions(flags: ServeFlags, webhookSecret: string | undefined): Promise<Omit<ServeRegistryOptions, 'root'>> {
  const { host, port } = address(flags.listen ?? '127.0.0.1:5000')
  if (!isLoopback(host) && flags.htpasswd === undefined && flags.open !== true && flags['client-ca'] === undefined)
    throw badFlag('listen', `${host}:${port}`, 'others could reach it: give it accounts with --htpasswd, or say --open')
  return {
    host,
    port,
    tls: tlsFiles(flags),
    isReadOnly: flags['read-only'] === true,
    maxRepositoryBytes: sizeFlag('quota', flags.quota),
    webhooks: flags.webhook.map((text) => ({ url: urlFlag('webhook', text), secret: webhookSecret })),
    hasMetrics: flags.metrics === true,
    ...(await access(flags)),
  }
}

async function access(flags: ServeFlags): Promise<Pick<ServeRegistryOptions, 'gatekeeper' | 'tokenIssuer'>> {
  const { htpasswd, 'token-url': tokenUrl } = flags
  if (htpasswd === undefined) {
    if (flags.policy !== undefined || tokenUrl !== undefined) throw badFlag('htpasswd', '', '--policy and --token-url need accounts')
    return {}
  }
  const accounts = await HtpasswdFile.open(htpasswd)
  const policy = await choosePolicy(flags)
  if (tokenUrl === undefined) return { gatekeeper: basicGatekeeper({ accounts, policy }) }
  const realm = urlFlag('token-url', tokenUrl)
  const names = { issuer: realm.origin, service: realm.host }
  const tokenIssuer = await createTokenIssuer({ ...names, accounts, policy })
  return { tokenIssuer, gatekeeper: bearerGatekeeper({ ...names, realm: new URL('/token', realm).href, keys: tokenIssuer.publicKey }) }
}

async function choosePolicy(flags: ServeFlags): Promise<Policy> {
  if (flags.policy !== undefined) return readPolicyFile(flags.policy)
  const everything = { users: ['*'], actions: ['pull', 'push', 'delete', 'list'] as const }
  return policyOf(flags['anonymous-pull'] === true ? [{ users: ['anonymous'] }, everything] : [everything])
}

function tlsFiles(flags: ServeFlags): TlsFiles | undefined {
  const { 'tls-cert': certificatePath, 'tls-key': keyPath, 'client-ca': clientAuthoritiesPath } = flags
  if (certificatePath !== undefined && keyPath !== undefined) return { certificatePath, keyPath, clientAuthoritiesPath }
  if (certificatePath !== undefined || keyPath !== undefined || clientAuthoritiesPath !== undefined)
    throw badFlag('tls-cert', certificatePath ?? '', '--tls-cert, --tls-key (and --client-ca) belong together')
  return undefined
}

function address(text: string): { readonly host: string; readonly port: number } {
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(text) ?? []
  if (host === undefined || Number(port) > 65_535) throw badFlag('listen', text, 'write HOST:PORT')
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}

function urlFlag(flag: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) throw badFlag(flag, text, 'not an http or https URL')
  return url
}
