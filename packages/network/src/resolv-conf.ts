import { fileWord } from './file-word.ts'

/** What a container wants otherwise than the host; each list that is given replaces the host's. */
export interface ResolvConfOptions {
  readonly nameservers?: readonly string[] | undefined
  readonly search?: readonly string[] | undefined
  readonly options?: readonly string[] | undefined
}

/** Public name servers, for a host whose own only answer on its loopback interface. */
const FALLBACK: readonly string[] = ['8.8.8.8', '8.8.4.4']

/**
 * The text of a container's `/etc/resolv.conf`, made from the host's as docker does: name servers on a loopback
 * address cannot be reached from a container and are left out, IPv6 ones too, since the networks here have none; when
 * none remains, public ones are taken. `search .` means no search list. Throws `NETWORK_NAME_INVALID`.
 *
 * @see https://man7.org/linux/man-pages/man5/resolv.conf.5.html
 */
export function resolvConf(hostText: string, { nameservers, search, options }: ResolvConfOptions = {}): string {
  const lines = hostText.split('\n').map((line) => line.trim().split(/\s+/))
  const values = (keyword: string): string[][] => lines.filter(([first]) => first === keyword).map(([, ...rest]) => rest)
  const reachable = values('nameserver').flatMap(([address]) => (address !== undefined && isReachable(address) ? [address] : []))
  for (const word of [nameservers, search, options].flatMap((words) => words ?? [])) fileWord(word)
  const servers = nameservers?.length ? nameservers : reachable.length > 0 ? reachable : FALLBACK
  const searched = search?.length ? search : ([...values('search'), ...values('domain')].at(0) ?? [])
  const chosen = options?.length ? options : values('options').flat()
  return [
    ...servers.map((server) => `nameserver ${server}`),
    ...(searched.length > 0 && searched.join() !== '.' ? [`search ${searched.join(' ')}`] : []),
    ...(chosen.length > 0 ? [`options ${chosen.join(' ')}`] : []),
    '',
  ].join('\n')
}

function isReachable(address: string): boolean {
  return !address.startsWith('127.') && !address.includes(':')
}
