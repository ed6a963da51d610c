import { readFileSync } from 'node:fs'
import { geteuid } from 'node:process'

/** All ids, each as itself, as the first user namespace has them. */
const WHOLE_MAP = /^\s*0\s+0\s+4294967295\s*$/

/** Whether this process is root of the machine, and not a user, nor root in a user namespace only, as in a rootless Podman's. */
export function isMachineRoot(): boolean {
  return geteuid?.() === 0 && WHOLE_MAP.test(readFileSync('/proc/self/uid_map', 'utf8'))
}
