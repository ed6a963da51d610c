import { readFileSync } from 'node:fs'

/** A text that is another after every start of the machine. */
export function currentBoot(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
}
