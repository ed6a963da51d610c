import { NETLINK_FLAGS, netlinkMessage } from '@ct/native'
import { bigEndianAttribute, nestedAttribute, textAttribute } from './attributes.ts'
import { data, type Expression } from './nft-expressions.ts'

/** Where a base chain hooks in, and in which order with others. */
export interface ChainHook {
  readonly type: 'filter' | 'nat'
  readonly hook: 'prerouting' | 'forward' | 'output' | 'postrouting'
  readonly priority: number
}

/** One entry of a map: what {@link lookup} finds for a key. */
export interface MapElement {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** Types and lengths of a map's keys and values; the types are only for those who list the rules (nft's datatype numbers). */
export interface MapPlan {
  readonly name: string
  readonly id: number
  readonly keyType: number
  readonly keyBytes: number
  readonly valueType: number
  readonly valueBytes: number
}

const SUBSYSTEM = 10
const BATCH_BEGIN = 16
const BATCH_END = 17
const NFT = { newTable: 0, delTable: 2, newChain: 3, newRule: 6, newSet: 9, newElements: 12, delElements: 14 }
const HOOKS = { prerouting: 0, forward: 2, output: 3, postrouting: 4 } as const
const AF_INET = 2
const IS_MAP = 0x8
const ACCEPT = 1
const LIST_ELEMENT = 1
/** An attribute's length has 16 bits; an element takes less than 64 bytes. */
const ELEMENTS_PER_MESSAGE = 900

/** Encodes changes of one `ip` table; {@link transaction} puts them into effect together. */
export class NftTable {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }

  create(): Buffer {
    return request(NFT.newTable, NETLINK_FLAGS.create, [textAttribute(1, this.name)])
  }

  /** Removes the table with all that is in it. */
  delete(): Buffer {
    return request(NFT.delTable, 0, [textAttribute(1, this.name)])
  }

  createChain(name: string, hook?: ChainHook): Buffer {
    const base = hook ? hookAttributes(hook) : []
    return request(NFT.newChain, NETLINK_FLAGS.create, [textAttribute(1, this.name), textAttribute(3, name), ...base])
  }

  createMap({ name, id, keyType, keyBytes, valueType, valueBytes }: MapPlan): Buffer {
    const numbers = [IS_MAP, keyType, keyBytes, valueType, valueBytes].map((value, i) => bigEndianAttribute(i + 3, value))
    return request(NFT.newSet, NETLINK_FLAGS.create, [
      textAttribute(1, this.name),
      textAttribute(2, name),
      ...numbers,
      bigEndianAttribute(10, id),
    ])
  }

  addRule(chain: string, expressions: readonly Expression[]): Buffer {
    const rule = [textAttribute(1, this.name), textAttribute(2, chain), nestedAttribute(4, expressions)]
    return request(NFT.newRule, NETLINK_FLAGS.create | NETLINK_FLAGS.append, rule)
  }

  addElements(map: string, elements: readonly MapElement[]): readonly Buffer[] {
    return this.#elements(NFT.newElements, map, elements)
  }

  deleteElements(map: string, elements: readonly MapElement[]): readonly Buffer[] {
    return this.#elements(NFT.delElements, map, elements)
  }

  #elements(type: number, map: string, elements: readonly MapElement[]): readonly Buffer[] {
    const messages: Buffer[] = []
    for (let at = 0; at < elements.length; at += ELEMENTS_PER_MESSAGE) {
      const list = elements
        .slice(at, at + ELEMENTS_PER_MESSAGE)
        .map(({ key, value }) => nestedAttribute(LIST_ELEMENT, [data(1, key), ...(type === NFT.newElements ? [data(2, value)] : [])]))
      messages.push(request(type, NETLINK_FLAGS.create, [textAttribute(1, this.name), textAttribute(2, map), nestedAttribute(3, list)]))
    }
    return messages
  }
}

/** All changes in one transaction, of which either all happen or none; the last one is acknowledged. */
export function transaction(changes: readonly Buffer[]): Buffer {
  const [last, ...before] = changes.toReversed()
  if (!last) throw new TypeError('a transaction needs at least one change')
  const acknowledged = Buffer.from(last)
  acknowledged.writeUInt16LE(acknowledged.readUInt16LE(6) | NETLINK_FLAGS.acknowledge, 6)
  return Buffer.concat([boundary(BATCH_BEGIN), ...before.toReversed(), acknowledged, boundary(BATCH_END)])
}

function hookAttributes({ type, hook, priority }: ChainHook): readonly Buffer[] {
  const place = nestedAttribute(4, [bigEndianAttribute(1, HOOKS[hook]), bigEndianAttribute(2, priority)])
  return [place, bigEndianAttribute(5, ACCEPT), textAttribute(7, type)]
}

function request(type: number, flags: number, attributes: readonly Buffer[]): Buffer {
  return netlinkMessage((SUBSYSTEM << 8) | type, flags, [Buffer.from([AF_INET, 0, 0, 0]), ...attributes])
}

/** struct nfgenmsg with the subsystem as resource, in network order. */
function boundary(type: number): Buffer {
  return netlinkMessage(type, 0, [Buffer.from([0, 0, 0, SUBSYSTEM])])
}
