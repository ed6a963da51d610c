/** Which proxies requests go through. */
export interface ProxyOptions {
  /** For `http:` addresses, as a URL. */
  readonly http?: string | undefined
  /** For `https:` addresses, as a URL; the connection to the registry is TLS from end to end. */
  readonly https?: string | undefined
  /** Hosts that are reached directly: names, `.suffixes`, with a port or without, separated by commas. Loopback is always among them. */
  readonly no?: string | undefined
}

const LOOPBACK = 'localhost,127.0.0.1,[::1]'

/** Reads `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` of an environment, in either case; the lower-case ones come first, as in curl. */
export function proxyFromEnvironment(env: Readonly<Record<string, string | undefined>>): ProxyOptions {
  const [http, https, no] = (['http_proxy', 'https_proxy', 'no_proxy'] as const).map((name) => {
    const value = env[name] ?? env[name.toUpperCase()]
    return value === '' ? undefined : value
  })
  return { http, https, no }
}

/** What undici's proxy agent takes; an option that is absent must be empty, or it would ask the environment itself. */
export function proxySettings({ http = '', https = '', no }: ProxyOptions): { httpProxy: string; httpsProxy: string; noProxy: string } {
  return { httpProxy: http, httpsProxy: https, noProxy: no === undefined ? LOOPBACK : `${no},${LOOPBACK}` }
}
