/** Routes of the Engine API that are known here and not built yet; they answer 501 instead of 404. */
export const UNBUILT: readonly (readonly [method: string, path: string])[] = [
  ['POST', '/build'],
  ['POST', '/build/cancel'],
  ['POST', '/commit'],
  ['GET', '/containers/{id}/attach/ws'],
  ['GET', '/containers/{id}/archive'],
  ['HEAD', '/containers/{id}/archive'],
  ['PUT', '/containers/{id}/archive'],
  ['POST', '/containers/{id}/update'],
  ['GET', '/distribution/{name*}/json'],
  ['POST', '/grpc'],
  ['GET', '/images/search'],
  ['POST', '/networks/create'],
  ['POST', '/networks/{id}/connect'],
  ['POST', '/networks/{id}/disconnect'],
  ['DELETE', '/networks/{id}'],
  ['POST', '/session'],
]

const SWARM = new Set(['swarm', 'nodes', 'services', 'tasks', 'secrets', 'configs'])

/** Whether a path belongs to the orchestrator, which answers 503 on a node that is in none. */
export function isSwarmPath(path: string): boolean {
  return SWARM.has(path.split('/')[1] ?? '')
}
