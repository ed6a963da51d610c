import { EngineError } from '../errors.ts'
import type { ManagedContainer } from './managed-container.ts'

/** The containers that exist, found by id, name or unique prefix of an id. */
export class ContainerTable {
  readonly #byId = new Map<string, ManagedContainer>()
  readonly #idByName = new Map<string, string>()

  find(idOrName: string): ManagedContainer | undefined {
    const exact = this.#byId.get(idOrName) ?? this.byName(idOrName)
    if (exact !== undefined || !/^[0-9a-f]+$/.test(idOrName)) return exact
    const matches = [...this.#byId.keys()].filter((id) => id.startsWith(idOrName))
    if (matches.length > 1) {
      throw new EngineError('ENGINE_INVALID', `multiple IDs found with provided prefix: ${idOrName}`, {
        kind: 'invalid',
        hint: 'give more digits of the id',
      })
    }
    return matches[0] === undefined ? undefined : this.#byId.get(matches[0])
  }

  [Symbol.iterator](): Iterator<ManagedContainer> {
    return this.#byId.values()
  }

  /** As `find`, or `ENGINE_NO_CONTAINER`. */
  get(idOrName: string): ManagedContainer {
    const found = this.find(idOrName)
    if (found === undefined) throw new EngineError('ENGINE_NO_CONTAINER', `No such container: ${idOrName}`, { kind: 'not-found' })
    return found
  }

  byName(name: string): ManagedContainer | undefined {
    const id = this.#idByName.get(name.replace(/^\//, ''))
    return id === undefined ? undefined : this.#byId.get(id)
  }

  isTaken(name: string): boolean {
    return this.#idByName.has(name)
  }

  /** Gives a name to an id at once, so that two creations at the same time cannot both have it. */
  reserve(name: string, id: string): void {
    const owner = this.#idByName.get(name)
    if (owner !== undefined) {
      throw new EngineError(
        'ENGINE_NAME_IN_USE',
        `Conflict. The container name "/${name}" is already in use by container "${owner}". You have to remove (or rename) that container to be able to reuse that name.`,
        { kind: 'conflict', hint: `ct rm ${name}, or choose another --name` },
      )
    }
    this.#idByName.set(name, id)
  }

  free(name: string): void {
    this.#idByName.delete(name)
  }

  /** Adds a container whose name is reserved. */
  add(container: ManagedContainer): void {
    this.#byId.set(container.id, container)
  }

  /** Removes a container and frees its name. */
  delete({ id, record }: ManagedContainer): void {
    this.#byId.delete(id)
    if (this.#idByName.get(record.name) === id) this.#idByName.delete(record.name)
  }
}
