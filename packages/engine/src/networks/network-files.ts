import { readFileSync, writeFileSync } from 'node:fs'
import { hasErrno } from '@ct/errors'
import { type HostsEntry, hostsFile, resolvConf } from '@ct/network'
import type { ContainerRecord } from '../containers/container-record.ts'

const PEERS_BEGIN = '# other containers\n'
const PEERS_END = '# end of other containers\n'

/** Writes the three files that a container has from the engine. They are written in place: what is mounted is the file, not its path. */
export function writeNetworkFiles(record: ContainerRecord): void {
  writeFileSync(record.hostnamePath, `${record.spec.hostname}\n`)
  writeFileSync(record.resolvConfPath, resolvConfOf(record))
  writeFileSync(record.hostsPath, hostsOf(record))
}

/** Replaces the names of other containers in a container's hosts file; what it wrote there itself stays. */
export function writePeers({ hostsPath }: ContainerRecord, peers: readonly HostsEntry[]): void {
  const text = readText(hostsPath)
  const begin = text.indexOf(PEERS_BEGIN)
  const end = text.indexOf(PEERS_END)
  const rest = begin < 0 || end < begin ? text : text.slice(0, begin) + text.slice(end + PEERS_END.length)
  const lines = peers.map(({ address, names }) => `${address}\t${names.join(' ')}\n`)
  const block = lines.length === 0 ? '' : `${PEERS_BEGIN}${lines.join('')}${PEERS_END}`
  if (rest + block !== text) writeFileSync(hostsPath, rest + block)
}

function hostsOf({ spec, network, name }: ContainerRecord): string {
  const extra = (spec.network.extraHosts ?? []).map((line): HostsEntry => {
    const at = line.indexOf(':')
    const address = line.slice(at + 1)
    return { address: address === 'host-gateway' ? network.gateway : address, names: [line.slice(0, at)] }
  })
  if (spec.network.mode === 'host') {
    return `${readText('/etc/hosts').trimEnd()}\n${extra.map(({ address, names }) => `${address}\t${names.join(' ')}\n`).join('')}`
  }
  const fullName = spec.domainName === '' ? [] : [`${spec.hostname}.${spec.domainName}`]
  const names = [...new Set([...fullName, spec.hostname, name, ...(spec.network.aliases ?? [])])]
  return hostsFile([...extra, ...(network.ipAddress === '' ? [] : [{ address: network.ipAddress, names }])])
}

function resolvConfOf({ spec }: ContainerRecord): string {
  const { dns = [], dnsSearch = [], dnsOptions = [], mode } = spec.network
  const host = readText('/etc/resolv.conf')
  const isHosts = mode === 'host' && dns.length + dnsSearch.length + dnsOptions.length === 0
  return isHosts ? host : resolvConf(host, { nameservers: dns, search: dnsSearch, options: dnsOptions })
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return ''
    throw error
  }
}
