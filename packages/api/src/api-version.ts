/** The newest version of the Engine API that client and server here speak. */
export const API_VERSION = '1.51'

/** The oldest version that the server accepts. */
export const MINIMUM_API_VERSION = '1.24'

/** Orders two versions: negative when `a` is the older one. */
export function compareVersions(a: string, b: string): number {
  const [majorA = 0, minorA = 0] = a.split('.').map(Number)
  const [majorB = 0, minorB = 0] = b.split('.').map(Number)
  return majorA - majorB || minorA - minorB
}
