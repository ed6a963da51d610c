import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ImageStore } from '@ct/image'
import type { Admission } from './access/gatekeeper.ts'
import type { BodyMemory } from './body-memory.ts'
import type { ManifestBytes } from './manifest-bytes.ts'
import type { ManifestFacts } from './manifest-facts.ts'
import type { RegistryEvent } from './operations/registry-event.ts'
import type { ReferrerIndex } from './referrer-index.ts'
import type { Repository } from './repository.ts'
import type { RepositoryLocks } from './repository-locks.ts'
import type { Uploads } from './uploads.ts'
import type { Upstream } from './upstream.ts'

/** What all requests to a registry share. */
export interface RegistryState {
  readonly store: ImageStore
  readonly uploads: Uploads
  readonly facts: ManifestFacts
  readonly referrers: ReferrerIndex
  readonly manifests: ManifestBytes
  readonly locks: RepositoryLocks
  readonly bodies: BodyMemory
  readonly upstream: Upstream | undefined
  /** Manifests may name what is not here. */
  readonly isSparse: boolean
  readonly maxRepositoryBytes: number
  openRepository(name: string): Repository
  /** Names of all that have something, sorted. */
  listRepositories(): Promise<readonly string[]>
  emit(event: RegistryEvent): void
}

/** One request on its way through an endpoint. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly query: URLSearchParams
  readonly registry: RegistryState
  /** Repository of the request; with an empty name where the endpoint has none. */
  readonly repository: Repository
  /** What follows it: a tag, a digest or an upload's id. */
  readonly reference: string
  /** Who asks, and what else they may do. */
  readonly admission: Admission
  /** Whom limits count for: the user, or the address of somebody without an account. */
  readonly caller: string
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal
}

/** Ends a response that has no body. */
export function answerEmpty({ response }: Exchange, status: number, headers: Readonly<Record<string, string | number>>): void {
  response.writeHead(status, status === 204 ? headers : { 'content-length': 0, ...headers }).end()
}

/** Ends a response with JSON. */
export function answerJson({ response }: Exchange, value: unknown, headers: Readonly<Record<string, string>> = {}): void {
  answerText(response, JSON.stringify(value), { 'content-type': 'application/json', ...headers })
}

/** Ends a response with a text. */
export function answerText(response: ServerResponse, body: string, headers: Readonly<Record<string, string>>): void {
  response.writeHead(200, { 'content-length': Buffer.byteLength(body), ...headers }).end(response.req.method === 'HEAD' ? undefined : body)
}
