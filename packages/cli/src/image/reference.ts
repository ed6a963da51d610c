/** The parts of a reference as a person writes it; the daemon judges whether they are well formed. */
export interface ReferenceParts {
  /** Registry and repository: `debian`, `localhost:5000/team/app`. */
  readonly name: string
  readonly tag: string | undefined
  readonly digest: string | undefined
}

/** Takes `name[:tag][@digest]` apart; a colon before a slash belongs to the registry's port. */
export function splitReference(text: string): ReferenceParts {
  const [named = '', digest] = text.split('@', 2)
  const colon = named.lastIndexOf(':')
  if (colon <= named.lastIndexOf('/')) return { name: named, tag: undefined, digest }
  return { name: named.slice(0, colon), tag: named.slice(colon + 1), digest }
}

/** The registry that a name means: its first part when that looks like a host, else `docker.io`. */
export function registryOf(name: string): string {
  const [first = '', ...rest] = name.split('/')
  return rest.length > 0 && /[.:]|^localhost$/.test(first) ? first : 'docker.io'
}

/** The reference in full, as docker prints it after a pull: `docker.io/library/debian:latest`. */
export function canonicalReference(text: string): string {
  const { name, tag, digest } = splitReference(text)
  const registry = registryOf(name)
  const path = registry === 'docker.io' ? name.replace(/^(index\.)?docker\.io\//, '') : name
  const full = registry !== 'docker.io' ? path : `docker.io/${path.includes('/') ? path : `library/${path}`}`
  return digest === undefined ? `${full}:${tag ?? 'latest'}` : `${full}@${digest}`
}
