import { isIP } from 'node:net'
import { NetworkError } from './errors.ts'
import { fileWord } from './file-word.ts'

/** One line of a hosts file. */
export interface HostsEntry {
  readonly address: string
  readonly names: readonly string[]
}

const LOCAL_ENTRIES: readonly HostsEntry[] = [
  { address: '127.0.0.1', names: ['localhost'] },
  { address: '::1', names: ['localhost', 'ip6-localhost', 'ip6-loopback'] },
  { address: 'fe00::0', names: ['ip6-localnet'] },
  { address: 'ff00::0', names: ['ip6-mcastprefix'] },
  { address: 'ff02::1', names: ['ip6-allnodes'] },
  { address: 'ff02::2', names: ['ip6-allrouters'] },
]

/** The text of a container's `/etc/hosts`: the names of the loopback addresses, then the entries given. Throws `NETWORK_NAME_INVALID`. */
export function hostsFile(entries: readonly HostsEntry[]): string {
  return [...LOCAL_ENTRIES, ...entries].map(({ address, names }) => `${ipAddress(address)}\t${names.map(fileWord).join(' ')}\n`).join('')
}

function ipAddress(text: string): string {
  if (isIP(text) !== 0) return text
  throw new NetworkError('NETWORK_NAME_INVALID', `${JSON.stringify(text)} is not an IP address`, { kind: 'invalid' })
}
