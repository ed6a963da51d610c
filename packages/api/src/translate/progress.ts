import type { PullEvent, PullLayerState, PushEvent } from '@ct/engine'
import type { ProgressMessage } from '../wire/progress.ts'

const PULL_STATUS: Readonly<Record<PullLayerState, string>> = {
  waiting: 'Pulling fs layer',
  downloading: 'Downloading',
  downloaded: 'Download complete',
  extracting: 'Extracting',
  done: 'Pull complete',
  exists: 'Already exists',
}

/** The lines that docker prints for a step of a pull. */
export function pullMessages(event: PullEvent, reference: string): readonly ProgressMessage[] {
  if (event.kind === 'resolved') {
    const { repository, tag } = splitReference(reference)
    return [{ status: `Pulling from ${repository}`, id: tag }]
  }
  if (event.kind === 'pulled') {
    const outcome = event.upToDate ? 'Image is up to date for' : 'Downloaded newer image for'
    return [{ status: `Digest: ${event.digest}` }, { status: `Status: ${outcome} ${event.reference}` }]
  }
  const moving = event.state === 'downloading' || event.state === 'extracting'
  return [layerMessage(PULL_STATUS[event.state], event, moving)]
}

const PUSH_STATUS = { waiting: 'Preparing', pushing: 'Pushing', pushed: 'Pushed', exists: 'Layer already exists' } as const

/** The lines that docker prints for a step of a push. */
export function pushMessages(event: PushEvent, tag: string): readonly ProgressMessage[] {
  if (event.kind === 'layer') return [layerMessage(PUSH_STATUS[event.state], event, event.state === 'pushing')]
  return [
    { status: `${tag}: digest: ${event.digest} size: ${event.sizeBytes}` },
    { progressDetail: {}, aux: { Tag: tag, Digest: event.digest, Size: event.sizeBytes } },
  ]
}

interface LayerProgress {
  readonly digest: string
  readonly currentBytes: number
  readonly totalBytes: number
}

function layerMessage(status: string, { digest, currentBytes, totalBytes }: LayerProgress, moving: boolean): ProgressMessage {
  const progressDetail = moving ? { current: currentBytes, total: totalBytes } : {}
  return { status, progressDetail, id: digest.slice(digest.indexOf(':') + 1).slice(0, 12) }
}

/** A reference as docker's messages name it: the repository's path in its registry, and the tag or digest. */
export function splitReference(reference: string): { readonly repository: string; readonly tag: string } {
  const [, name = reference, tag, digest] = /^(.*?)(?::([\w][\w.-]{0,127}))?(?:@(\w+:[0-9a-f]+))?$/.exec(reference) ?? []
  const [host = '', ...path] = name.split('/')
  const hasHost = path.length > 0 && (/[.:]/.test(host) || host === 'localhost')
  const bare = hasHost ? path.join('/') : name
  const onHub = !hasHost || host === 'docker.io' || host === 'index.docker.io'
  return { repository: onHub && !bare.includes('/') ? `library/${bare}` : bare, tag: digest ?? tag ?? 'latest' }
}

/** Joins a name with the tag or digest that came in a parameter of its own. */
export function joinReference(name: string, tag: string | undefined): string {
  if (!tag) return name
  return tag.includes(':') ? `${name}@${tag}` : `${name}:${tag}`
}
