import type { EngineEvent, SubscribeOptions } from './engine-event.ts'

/** What happens in an engine, as it happens. */
export interface Events {
  /** Hears from the moment of the call, not of the first step. A slow reader loses nothing. */
  subscribe(options?: SubscribeOptions): AsyncIterable<EngineEvent>
}
