import { BlockList, isIP } from 'node:net'
import type { CredentialsProvider } from './auth/credentials.ts'
import type { NoticeListeners } from './notices.ts'
import type { ProxyOptions } from './proxy.ts'
import type { TlsProvider } from './tls.ts'

/** How often and how patiently a request is repeated that failed for a passing reason. */
export interface RetryOptions {
  /** Attempts in all. @default 5 */
  readonly attempts?: number | undefined
  /** The first pause; each one after may be twice as long. @default 250 */
  readonly baseDelayMs?: number | undefined
  /** The longest pause, also when the registry asks for more. @default 30_000 */
  readonly maxDelayMs?: number | undefined
}

/** How long each phase of a request may take. */
export interface TimeoutOptions {
  /** @default 10_000 */
  readonly connectMs?: number | undefined
  /** From the request sent to the first byte of the answer. @default 60_000 */
  readonly headersMs?: number | undefined
  /** Between two pieces of a body. @default 60_000 */
  readonly idleMs?: number | undefined
}

/** Options of `createRegistryClient`. */
export interface RegistryClientOptions extends NoticeListeners {
  /** Asked once for each registry that wants a login. @default none: everything is anonymous */
  readonly credentials?: CredentialsProvider | undefined
  /** Which hosts (with their port) are spoken to over plain HTTP. @default the loopback ones */
  readonly insecure?: ((host: string) => boolean) | undefined
  /** Authorities and certificates of ours for some hosts. @default Node's authorities, no certificate */
  readonly tls?: TlsProvider | undefined
  /** @default none: the environment is not read, see `proxyFromEnvironment` */
  readonly proxy?: ProxyOptions | undefined
  /** Hosts to read from before a registry itself, in this order; what they lack or fail at is asked of the next. @default none */
  readonly mirrors?: ((registry: string) => readonly string[]) | undefined
  /** Connections to a host at once; more requests wait. @default 32 */
  readonly connectionsPerHost?: number | undefined
  /** Send blobs in requests of this size, for what stands before a registry and limits them. @default whole */
  readonly chunkBytes?: number | undefined
  /** @default "ct" */
  readonly userAgent?: string | undefined
  readonly retry?: RetryOptions | undefined
  readonly timeouts?: TimeoutOptions | undefined
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** Whether a host is this machine itself, by name or address. */
export function isLoopback(host: string): boolean {
  const { hostname } = new URL(`http://${host}`)
  const address = hostname.replace(/^\[|\]$/g, '')
  const family = isIP(address)
  return hostname === 'localhost' || (family !== 0 && loopback.check(address, family === 4 ? 'ipv4' : 'ipv6'))
}

/** Whether a request may go on from one address to another: from HTTPS only to HTTPS, from plain HTTP also to hosts that are named for it. */
export function isSafeStep(from: URL, to: URL, isInsecure: (host: string) => boolean): boolean {
  return to.protocol === 'https:' || (to.protocol === 'http:' && from.protocol === 'http:' && isInsecure(to.host))
}

/** Where the API of a registry is: Docker Hub's has another name than its references. */
export function baseUrl(registry: string, isInsecure: (host: string) => boolean): URL {
  const host = registry === 'docker.io' ? 'registry-1.docker.io' : registry
  return new URL(`${isInsecure(host) ? 'http' : 'https'}://${host}/`)
}
