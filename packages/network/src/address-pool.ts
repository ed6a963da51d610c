import { NetworkError } from './errors.ts'
import { formatAddress, formatSubnet, isInSubnet, parseAddress, type Subnet, subnetSize } from './ipv4.ts'

/**
 * The addresses of a subnet: which are taken, and which comes next. Given-back addresses are used again only when the
 * end of the subnet was reached, so that what others remember of them is forgotten by then.
 */
export class AddressPool {
  readonly subnet: Subnet
  readonly #taken = new Set<number>()
  #next = 1

  /** The network and the broadcast address are never handed out. */
  constructor(subnet: Subnet) {
    this.subnet = subnet
  }

  /** Takes a free address. Throws `NETWORK_ADDRESSES_EXHAUSTED`. */
  allocate(): string {
    const last = subnetSize(this.subnet) - 2
    for (let tries = 0; tries < last; tries++) {
      const address = this.subnet.base + this.#next
      this.#next = this.#next === last ? 1 : this.#next + 1
      if (this.#taken.has(address)) continue
      this.#taken.add(address)
      return formatAddress(address)
    }
    throw new NetworkError('NETWORK_ADDRESSES_EXHAUSTED', `all addresses of ${formatSubnet(this.subnet)} are in use`, {
      kind: 'exhausted',
      hint: 'remove containers that are not needed',
    })
  }

  /** Takes this address. Throws `NETWORK_ADDRESS_IN_USE`, and `NETWORK_ADDRESS_INVALID` when it is not of the subnet. */
  reserve(text: string): void {
    const address = parseAddress(text)
    const offset = address - this.subnet.base
    if (!isInSubnet(address, this.subnet) || offset === 0 || offset === subnetSize(this.subnet) - 1)
      throw new NetworkError('NETWORK_ADDRESS_INVALID', `${text} is not a host address of ${formatSubnet(this.subnet)}`, {
        kind: 'invalid',
      })
    if (this.#taken.has(address)) throw new NetworkError('NETWORK_ADDRESS_IN_USE', `the address ${text} is in use`, { kind: 'conflict' })
    this.#taken.add(address)
  }

  release(text: string): void {
    this.#taken.delete(parseAddress(text))
  }
}
