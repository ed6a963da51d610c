import type { HostConfig } from '../wire/host-config.ts'

/** Where the engine keeps, with a container, what only the API understands. */
const ANNOTATION = 'docker.HostConfig'

/** Fields that say more than the engine's own words for the same thing: which of several ways something was asked for. */
const KEPT = ['Annotations', 'Binds', 'ConsoleSize', 'ContainerIDFile', 'IpcMode', 'Mounts', 'SecurityOpt', 'Tmpfs'] as const

/** Annotations that carry those fields of a create request. */
export function keepHostConfig(host: HostConfig): Readonly<Record<string, string>> {
  const kept = Object.fromEntries(KEPT.filter((name) => host[name] !== undefined).map((name) => [name, host[name]]))
  return { [ANNOTATION]: JSON.stringify(kept) }
}

/** The fields that {@link keepHostConfig} kept; none for a container that did not come through this API. */
export function keptHostConfig(annotations: Readonly<Record<string, string>> | undefined): HostConfig {
  return JSON.parse(annotations?.[ANNOTATION] ?? '{}') as HostConfig
}
