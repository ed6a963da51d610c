import { createPublicKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { BearerGatekeeperOptions } from '@ct/registry'
import { badFlag } from '../create/bad-flag.ts'

/** What tokens are signed with: the URL of a JWK set, or a file with one or with a public key in PEM. Throws `CLI_BAD_FLAG`. */
export async function readTokenKeys(place: string): Promise<BearerGatekeeperOptions['keys']> {
  if (/^https?:\/\//.test(place) && URL.canParse(place)) return new URL(place)
  try {
    const text = await readFile(place, 'utf8')
    if (text.trimStart().startsWith('-----BEGIN')) return createPublicKey(text)
    const set: unknown = JSON.parse(text)
    if (typeof set !== 'object' || set === null || !('keys' in set) || !isKeys(set.keys)) throw new Error('no "keys" in it')
    return { keys: set.keys }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw badFlag('token-keys', place, `neither a JWK set nor a public key: ${reason}`)
  }
}

function isKeys(value: unknown): value is readonly { readonly kty: string }[] {
  return Array.isArray(value) && value.length > 0 && value.every((key) => typeof (key as { kty?: unknown } | null)?.kty === 'string')
}
