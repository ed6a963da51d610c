/** `.invalid` names no host, ever (RFC 2606), so no image comes from a registry that is called so. */
const INTERNAL_REGISTRY = /^[^/]*\.ct\.invalid\//

/**
 * Whether a reference, in its full form, stands for no image but is kept by a user of the store for itself, as the registry keeps its index
 * of referrers. Stores list such references only to those who ask for them, and nobody else may write them.
 * @see https://www.rfc-editor.org/rfc/rfc2606#section-2
 */
export function isInternalReference(reference: string): boolean {
  return INTERNAL_REGISTRY.test(reference)
}

/**
 * Whether an internal reference is only a note about a blob, which is so when it is one by digest: it keeps nothing, and a collection
 * removes it when the blob is gone. Internal references by tag keep what they stand for, as all others do.
 */
export function isNote(reference: string): boolean {
  return isInternalReference(reference) && reference.includes('@')
}
