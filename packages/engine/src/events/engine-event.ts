/** What an event is about. */
export type EventType = 'container' | 'image' | 'volume' | 'network' | 'daemon'

/** Something that happened in the engine. */
export interface EngineEvent {
  readonly type: EventType
  /** docker's word: `create`, `start`, `die`, `pull`, `exec_start: sh`, … */
  readonly action: string
  /** Id of the container, reference or id of the image, name of the volume, id of the network. */
  readonly id: string
  /** docker's attributes: `name`, `image`, `exitCode`, labels, … */
  readonly attributes: Readonly<Record<string, string>>
  /** Nanoseconds since 1970. */
  readonly timeNs: bigint
}

/** Which events to hear. */
export interface SubscribeOptions {
  /** Also remembered ones (the last 1024) from this time on. */
  readonly sinceNs?: bigint | undefined
  /** End there; without it the stream goes on until the signal or the end of the engine. */
  readonly untilNs?: bigint | undefined
  /** Every key must match one of its values: type, event, container, image, volume, network, label, and `daemon`. */
  readonly filters?: Readonly<Record<string, readonly string[]>> | undefined
  readonly signal?: AbortSignal | undefined
}
