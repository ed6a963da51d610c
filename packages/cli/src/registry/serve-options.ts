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
import { badFlag, countFlag, sizeFlag } from '../create/bad-flag.ts'
import { POLICY_RULES } from './policy-file.ts'
import { readRulesFile } from './rules-file.ts'
import { readTokenKeys } from './token-keys.ts'

/** The flags of `ct registry serve` that say who may do what, and where. */
export interface ServeFlags {
  readonly listen?: string | undefined
  readonly htpasswd?: string | undefined
  readonly policy?: string | undefined
  readonly 'token-url'?: string | undefined
  readonly 'token-keys'?: string | undefined
  readonly 'token-issuer'?: string | undefined
  readonly 'token-service'?: string | undefined
  readonly 'anonymous-pull'?: boolean | undefined
  readonly 'tls-cert'?: string | undefined
  readonly 'tls-key'?: string | undefined
  readonly 'client-ca'?: string | undefined
  readonly 'read-only'?: boolean | undefined
  readonly sparse?: boolean | undefined
  readonly quota?: string | undefined
  readonly 'user-rate'?: string | undefined
  readonly 'user-uploads'?: string | undefined
  readonly webhook: readonly string[]
  readonly metrics?: boolean | undefined
  readonly open?: boolean | undefined
}

/** What the flags mean for the server. Throws `CLI_BAD_FLAG`, and DistributionError for accounts that cannot be read. */
export async function serveOptions(flags: ServeFlags, webhookSecret: string | undefined): Promise<Omit<ServeRegistryOptions, 'root'>> {
  const { host, port } = address(flags.listen ?? '127.0.0.1:5000')
  if (!isLoopback(host) && !hasAccounts(flags) && flags.open !== true && flags['client-ca'] === undefined)
    throw badFlag('listen', `${host}:${port}`, 'others could reach it: give it accounts with --htpasswd, or say --open')
  return {
    host,
    port,
    tls: tlsFiles(flags),
    isReadOnly: flags['read-only'] === true,
    isSparse: flags.sparse === true,
    maxRepositoryBytes: quotaFlag(flags.quota),
    userLimits: {
      requestsPerSecond: countFlag('user-rate', flags['user-rate']),
      uploads: countFlag('user-uploads', flags['user-uploads']),
    },
    webhooks: flags.webhook.map((text) => ({ url: urlFlag('webhook', text), secret: webhookSecret })),
    hasMetrics: flags.metrics === true,
    ...(await access(flags)),
  }
}

function quotaFlag(text: string | undefined): number | undefined {
  const bytes = sizeFlag('quota', text)
  if (bytes !== undefined && bytes < 0) throw badFlag('quota', text ?? '', 'leave it out for no limit')
  return bytes
}

function hasAccounts(flags: ServeFlags): boolean {
  return flags.htpasswd !== undefined || flags['token-keys'] !== undefined
}

/** Tokens of an issuer elsewhere, known by its keys; accounts and rules are then its own. */
async function externalAccess(flags: ServeFlags, keys: string): Promise<Pick<ServeRegistryOptions, 'gatekeeper'>> {
  const { 'token-url': realm, 'token-issuer': issuer, 'token-service': service } = flags
  if (realm === undefined || issuer === undefined || service === undefined)
    throw badFlag('token-keys', keys, '--token-url, --token-issuer and --token-service belong to it')
  if (flags.htpasswd !== undefined || flags.policy !== undefined || flags['anonymous-pull'] === true)
    throw badFlag('token-keys', keys, 'accounts and rules are those of the issuer')
  return { gatekeeper: bearerGatekeeper({ realm: urlFlag('token-url', realm).href, issuer, service, keys: await readTokenKeys(keys) }) }
}

async function access(flags: ServeFlags): Promise<Pick<ServeRegistryOptions, 'gatekeeper' | 'tokenIssuer'>> {
  const { htpasswd, 'token-url': tokenUrl, 'token-keys': tokenKeys } = flags
  if (tokenKeys !== undefined) return externalAccess(flags, tokenKeys)
  if (flags['token-issuer'] !== undefined || flags['token-service'] !== undefined)
    throw badFlag('token-issuer', '', '--token-issuer and --token-service need --token-keys')
  if (htpasswd === undefined) {
    if (flags.policy !== undefined || tokenUrl !== undefined || flags['anonymous-pull'] === true)
      throw badFlag('htpasswd', '', '--policy, --anonymous-pull and --token-url need accounts')
    return {}
  }
  if (flags.open === true) throw badFlag('open', 'true', 'with accounts it is not open to everybody')
  const accounts = await HtpasswdFile.open(htpasswd)
  const policy = await choosePolicy(flags)
  if (tokenUrl === undefined) return { gatekeeper: basicGatekeeper({ accounts, policy }) }
  const realm = urlFlag('token-url', tokenUrl)
  const names = { issuer: realm.origin, service: realm.host }
  const tokenIssuer = await createTokenIssuer({ ...names, accounts, policy })
  return { tokenIssuer, gatekeeper: bearerGatekeeper({ ...names, realm: new URL('/token', realm).href, keys: tokenIssuer.publicKey }) }
}

async function choosePolicy(flags: ServeFlags): Promise<Policy> {
  if (flags.policy !== undefined && flags['anonymous-pull'] === true)
    throw badFlag('anonymous-pull', 'true', "the rules of --policy say who may pull: 'anonymous' is everybody")
  if (flags.policy !== undefined) return policyOf(await readRulesFile('policy', flags.policy, POLICY_RULES))
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
