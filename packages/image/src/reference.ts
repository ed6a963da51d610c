import { type Digest, isDigest } from './digest.ts'
import { ImageError } from './errors.ts'

/** The name of an image in full: a registry, a repository there, and a tag, a digest or both. */
export interface Reference {
  /** Host and optional port; `docker.io` unless the text names one. */
  readonly registry: string
  /** Path of lower-case components; `library/` is added to Docker Hub's official ones. */
  readonly repository: string
  readonly tag?: string
  readonly digest?: Digest
}

const maxNameLength = 255
const maxTextLength = maxNameLength + 1 + 128 + 1 + 135
const label = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?'
const registryPattern = new RegExp(`^(?:${label}(?:\\.${label})*|\\[[0-9A-Fa-f:.]{2,45}\\])(?::[0-9]{1,5})?$`)
const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*'
const repositoryPattern = new RegExp(`^${component}(?:/${component})*$`)
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/

/**
 * Reads a reference and completes it as docker does: `debian` is `docker.io/library/debian:latest`; the first component is a
 * registry when it has a dot, a colon or an upper-case letter, or is `localhost`.
 * @see https://github.com/distribution/reference/blob/main/reference.go
 * @throws ImageError `IMAGE_BAD_REFERENCE`
 */
export function parseReference(text: string): Reference {
  if (text.length === 0 || text.length > maxTextLength) throw bad(text, text.length === 0 ? 'it is empty' : 'it is too long')
  const at = text.indexOf('@')
  const digest = at === -1 ? undefined : text.slice(at + 1)
  if (digest !== undefined && !isDigest(digest)) throw bad(text, 'what follows @ is not a digest')
  const named = at === -1 ? text : text.slice(0, at)
  const colon = named.lastIndexOf(':')
  const hasTag = colon > named.lastIndexOf('/')
  const tag = hasTag ? named.slice(colon + 1) : digest === undefined ? 'latest' : undefined
  const name = splitName(hasTag ? named.slice(0, colon) : named)
  return checkReference({ ...name, ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) }, text)
}

/** Reads a reference that stands for one thing: where there is a digest, the tag beside it is dropped. */
export function parseExactReference(text: string): Reference {
  const { tag, ...rest } = parseReference(text)
  return rest.digest === undefined && tag !== undefined ? { ...rest, tag } : rest
}

/** Whether a text can be the tag of an image. */
export function isTag(text: string): boolean {
  return tagPattern.test(text)
}

/** Whether a text can be the name of a repository within a registry. */
export function isRepositoryName(text: string): boolean {
  return text.length <= maxNameLength && repositoryPattern.test(text)
}

/** Writes a reference in full: `docker.io/library/debian:latest`. */
export function formatReference(reference: Reference): string {
  return withVersion(`${reference.registry}/${reference.repository}`, reference)
}

/** Writes a reference as people write it: `debian:latest`. */
export function familiarReference(reference: Reference): string {
  if (reference.registry !== 'docker.io') return formatReference(reference)
  const official = /^library\/[^/]+$/.test(reference.repository)
  return withVersion(official ? reference.repository.slice('library/'.length) : reference.repository, reference)
}

/**
 * Checks a reference that was put together rather than read.
 * @throws ImageError `IMAGE_BAD_REFERENCE`
 */
export function checkReference(reference: Reference, text: string = formatReference(reference)): Reference {
  const { registry, repository, tag, digest } = reference
  // The pattern lets numbers through that no address and no port can have.
  if (!registryPattern.test(registry) || !URL.canParse(`https://${registry}`))
    throw bad(text, `${JSON.stringify(registry)} is not a registry`)
  if (!repositoryPattern.test(repository))
    throw bad(text, 'a repository is lower-case letters and digits with single separators between them')
  if (registry.length + 1 + repository.length > maxNameLength) throw bad(text, `the name is longer than ${maxNameLength} characters`)
  if (tag !== undefined && !isTag(tag)) throw bad(text, 'a tag is up to 128 letters, digits, dots, dashes and underscores')
  if (digest !== undefined && !isDigest(digest)) throw bad(text, 'the digest is malformed')
  return reference
}

function splitName(name: string): { registry: string; repository: string } {
  const slash = name.indexOf('/')
  const first = slash === -1 ? '' : name.slice(0, slash)
  const isRegistry = first === 'localhost' || /[.:[A-Z]/.test(first)
  if (isRegistry && first !== 'docker.io' && first !== 'index.docker.io') return { registry: first, repository: name.slice(slash + 1) }
  const path = isRegistry ? name.slice(slash + 1) : name
  if (/^[0-9a-f]{64}$/.test(path)) throw bad(name, 'it could be mistaken for an image id')
  return { registry: 'docker.io', repository: path.includes('/') ? path : `library/${path}` }
}

function withVersion(name: string, { tag, digest }: Reference): string {
  return `${name}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`
}

function bad(text: string, why: string): ImageError {
  return new ImageError('IMAGE_BAD_REFERENCE', `not an image reference: ${JSON.stringify(text.slice(0, 200))}: ${why}`, {
    kind: 'invalid',
    hint: 'write it as [registry/]repository[:tag][@digest]',
  })
}
