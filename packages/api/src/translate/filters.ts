import type { Filters } from '../endpoint.ts'
import { badRequest } from '../errors.ts'

/** Lets filters through whose keys are all known, without those in `ignored`. `API_BAD_REQUEST` in docker's words. */
export function checkFilters<Key extends string>(
  filters: Filters | undefined,
  known: readonly Key[],
  ignored: readonly string[] = [],
): Readonly<Partial<Record<Key, readonly string[]>>> {
  const kept: Partial<Record<Key, readonly string[]>> = {}
  for (const [key, values] of Object.entries(filters ?? {})) {
    const match = known.find((name) => name === key)
    if (match !== undefined) kept[match] = values
    else if (!ignored.includes(key)) throw badRequest(`invalid filter '${key}'`)
  }
  return kept
}
