import { readFile, writeFile } from 'node:fs/promises'
import { sendNetlink } from '@ct/native'
import { NetworkError } from './errors.ts'
import { formatSubnet, isInSubnet, parseSubnet, type Subnet, subnetsOverlap } from './ipv4.ts'
import {
  type Link,
  type LinkAddress,
  listAddresses,
  listLinks,
  listRoutes,
  parseLink,
  parseLinkAddress,
  parseRoute,
  type Route,
} from './route-messages.ts'

/** What the host's network looks like now. */
export interface HostNetwork {
  readonly links: readonly Link[]
  readonly addresses: readonly LinkAddress[]
  readonly routes: readonly Route[]
}

const DEFAULT_MTU = 1500

/** Subnets that are tried one after the other when the wanted one is taken. */
const CANDIDATES: readonly string[] = [
  ...Array.from({ length: 15 }, (_, i) => `172.${31 - i}.0.0/16`),
  ...Array.from({ length: 16 }, (_, i) => `192.168.${i * 16}.0/20`),
  ...Array.from({ length: 256 }, (_, i) => `10.${255 - i}.0.0/16`),
]

export async function inspectHost(): Promise<HostNetwork> {
  const replies = await sendNetlink({
    steps: [listLinks(), listAddresses(), listRoutes()].map((messages) => ({ protocol: 'route', messages }) as const),
  })
  return {
    links: replies.flatMap((reply) => parseLink(reply) ?? []),
    addresses: replies.flatMap((reply) => parseLinkAddress(reply) ?? []),
    routes: replies.flatMap((reply) => parseRoute(reply) ?? []),
  }
}

/** The MTU of the interface that leads to the world, so that containers send nothing it would have to cut. */
export function outsideMtu({ links, routes }: HostNetwork): number {
  const way = routes.find(({ destination }) => destination.prefixLength === 0)
  return links.find(({ index }) => index === way?.index)?.mtu ?? DEFAULT_MTU
}

/** The wanted subnet, or the first of a list of private ones, that nothing but the bridge itself uses. Throws `NETWORK_SUBNETS_EXHAUSTED`. */
export function chooseSubnet({ addresses, routes }: HostNetwork, wanted: string, bridgeIndex: number | undefined): Subnet {
  const used = routes
    .filter(({ destination, index }) => destination.prefixLength > 0 && index !== bridgeIndex)
    .map(({ destination }) => destination)
  const own = addresses.filter(({ index }) => index !== bridgeIndex)
  for (const text of [wanted, ...CANDIDATES]) {
    const subnet = parseSubnet(text)
    if (!used.some((other) => subnetsOverlap(other, subnet)) && !own.some(({ address }) => isInSubnet(address, subnet))) return subnet
  }
  throw new NetworkError(
    'NETWORK_SUBNETS_EXHAUSTED',
    `${formatSubnet(parseSubnet(wanted))} and all private subnets are in use on this host`,
    {
      kind: 'exhausted',
      hint: 'name a subnet that no route of this host covers',
    },
  )
}

/** Sets `/proc/sys/net/<name>` to 1 unless it is so already (where it may be read-only). */
export async function enable(name: string): Promise<void> {
  const path = `/proc/sys/net/${name}`
  if ((await readFile(path, 'utf8')).trim() !== '1') await writeFile(path, '1')
}
