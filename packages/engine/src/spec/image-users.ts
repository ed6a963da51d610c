import type { Mount } from '@ct/layerfs'
import type { ResolvedUser } from '@ct/runtime-linux'
import type { ContainerRecord } from '../containers/container-record.ts'
import { ZERO_TIME } from '../store/time-text.ts'
import { userInRoot } from './container-process.ts'

const REMEMBERED = 64

/**
 * Users of containers that never ran: their accounts are those of the image, so they are looked up once for each image.
 */
export class ImageUsers {
  readonly #known = new Map<string, ResolvedUser>()

  /** The user of a container, from its root file system. */
  async of({ chainId, spec, state, mounts: own }: ContainerRecord, mounts: readonly Mount[]): Promise<ResolvedUser> {
    const { user, groupAdd = [] } = spec
    const isOfImage = chainId !== '' && state.startedAt === ZERO_TIME && !own.some(({ target }) => target.startsWith('/etc'))
    if (!isOfImage) return userInRoot(user, mounts, groupAdd)
    const key = JSON.stringify([chainId, user, groupAdd])
    const found = this.#known.get(key) ?? (await userInRoot(user, mounts, groupAdd))
    this.#known.set(key, found)
    const oldest = this.#known.keys().next().value
    if (this.#known.size > REMEMBERED && oldest !== undefined) this.#known.delete(oldest)
    return found
  }
}
