/**
 * Something that happened in the engine.
 *
 * @see https://docs.docker.com/reference/api/engine/version/v1.51/#tag/System/operation/SystemEvents
 */
export interface EventMessage {
  /** The action again, for containers and images, as clients before 1.22 read it. */
  readonly status?: string
  readonly id?: string
  readonly from?: string
  readonly Type: string
  readonly Action: string
  readonly Actor: { ID: string; Attributes: Record<string, string> }
  readonly scope: 'local' | 'swarm'
  /** Unix seconds. */
  readonly time: number
  /** Unix nanoseconds; a JSON number, so only about 256 ns exact. */
  readonly timeNano: number
}
