import { readFileSync } from 'node:fs'

let last: number | undefined

/** The number of the kernel's last capability. */
export function lastCapability(): number {
  last ??= Number(readFileSync('/proc/sys/kernel/cap_last_cap', 'utf8'))
  return last
}

let own: bigint | undefined

/** What a process that the helper starts may do, as bits: all in a user namespace of its own, else what an exec leaves it. */
export function heldCapabilities(isInUser: boolean): bigint {
  const all = (1n << BigInt(lastCapability() + 1)) - 1n
  if (isInUser) return all
  own ??= readOwn()
  return own & all
}

/** At an exec root gets its bounding set, and anybody else what is ambient. */
function readOwn(): bigint {
  const set = process.geteuid?.() === 0 ? 'CapBnd' : 'CapAmb'
  const [, hex = '0'] = new RegExp(`^${set}:\\s*([0-9a-f]+)$`, 'm').exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  return BigInt(`0x${hex}`)
}
