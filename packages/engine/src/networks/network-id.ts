import { createHash } from 'node:crypto'

/** The id of a network: 64 hexadecimal digits, the same for as long as the state directory lives. */
export function networkId(engineId: string, name: string): string {
  return createHash('sha256').update(`${engineId} ${name}`).digest('hex')
}
