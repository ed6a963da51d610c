import { NetworkError } from './errors.ts'

/**
 * A word as it may stand in `/etc/hosts` and `/etc/resolv.conf`: one that would begin another word, line or comment
 * there is refused. Throws `NETWORK_NAME_INVALID`.
 */
export function fileWord(text: string): string {
  if (/^[^\s#;\p{Cc}]+$/u.test(text)) return text
  throw new NetworkError('NETWORK_NAME_INVALID', `${JSON.stringify(text)} is not a name or address`, {
    kind: 'invalid',
    hint: 'names have no spaces, control characters, # or ;',
  })
}
