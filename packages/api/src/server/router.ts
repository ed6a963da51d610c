import { API_VERSION, compareVersions, MINIMUM_API_VERSION } from '../api-version.ts'
import { ApiError, badRequest, notBuilt } from '../errors.ts'
import { isSwarmPath, UNBUILT } from './absent.table.ts'
import type { Route } from './handler.ts'

/** Where a request leads. */
export interface Match {
  readonly route: Route
  readonly params: Readonly<Record<string, string>>
  /** Version of the API that the client speaks; the newest for a path without one. */
  readonly version: string
}

/** Finds the route of a method and path, with or without `/v1.xx`. */
export type Router = (method: string, path: string) => Match

interface Pattern {
  readonly route: Route
  readonly expression: RegExp
}

/** Compiles routes. The router throws `API_BAD_VERSION`, `API_NO_ROUTE`, `API_NOT_BUILT` or `API_NO_SWARM`, in docker's words. */
export function createRouter(routes: readonly Route[]): Router {
  const patterns = new Map<string, Pattern[]>()
  for (const route of routes) {
    const { method, path } = route.endpoint
    patterns.set(method, [...(patterns.get(method) ?? []), { route, expression: compile(path) }])
  }
  const unbuilt = UNBUILT.map(([method, path]) => ({ method, path, expression: compile(path) }))
  return (method, path) => {
    const [, version = API_VERSION, bare = path] = /^\/v([0-9.]+)(\/.*)$/.exec(path) ?? []
    checkVersion(version)
    for (const { route, expression } of patterns.get(method) ?? []) {
      const params = expression.exec(bare)?.groups
      if (params !== undefined) return { route, params: decode(params), version }
    }
    const known = unbuilt.find((route) => route.method === method && route.expression.test(bare))
    if (known !== undefined) throw notBuilt(`${known.method} ${known.path}`)
    if (isSwarmPath(bare)) throw notInSwarm()
    throw new ApiError('API_NO_ROUTE', 'page not found', { kind: 'not-found' })
  }
}

/** A group for every parameter, and one that is always there. */
function compile(path: string): RegExp {
  const source = path.replace(/\{(\w+)(\*?)\}/g, (_match, name: string, many: string) => `(?<${name}>${many === '' ? '[^/]+' : '.+'})`)
  return new RegExp(`^(?<_>)${source}/?$`)
}

function decode({ _, ...params }: Readonly<Record<string, string>>): Record<string, string> {
  try {
    return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, decodeURIComponent(value)]))
  } catch (cause) {
    throw badRequest('invalid URL escape in the path', cause)
  }
}

function checkVersion(version: string): void {
  if (compareVersions(version, API_VERSION) > 0) {
    throw new ApiError('API_BAD_VERSION', `client version ${version} is too new. Maximum supported API version is ${API_VERSION}`, {
      kind: 'invalid',
    })
  }
  if (compareVersions(version, MINIMUM_API_VERSION) < 0) {
    const words = `client version ${version} is too old. Minimum supported API version is ${MINIMUM_API_VERSION}`
    throw new ApiError('API_BAD_VERSION', `${words}, please upgrade your client to a newer version`, { kind: 'invalid' })
  }
}

function notInSwarm(): ApiError {
  const words =
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.'
  return new ApiError('API_NO_SWARM', words, { kind: 'unavailable' })
}
