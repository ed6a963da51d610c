import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { hasErrno } from '@ct/errors'
import { EngineError } from '../errors.ts'
import { writeJsonFile } from './json-file.ts'
import { currentBootId } from './process-identity.ts'
import { nowText } from './time-text.ts'

/** Whose a state directory is; the content of `engine.json`. */
export interface EngineIdentity {
  readonly version: 1
  readonly id: string
  readonly createdAt: string
  /** Where its containers' sockets are. */
  readonly runtimeDirectory: string
  /** Of the machine's run in which it was opened last: what ran in an earlier one is gone. */
  readonly bootId: string
}

/** Where the runtime keeps what runs. */
export const runtimeStateDirectory = (runtimeDirectory: string): string => join(runtimeDirectory, 'containers')

/**
 * Reads or makes the identity of a state directory, and checks that it and the runtime directory belong together:
 * what runs below one of them must never be taken for strangers, or for dead, by an engine that has only the other.
 * `ENGINE_LOCKED`, `ENGINE_BAD_RECORD`.
 */
export function claimDirectories(root: string, runtimeDirectory: string): EngineIdentity {
  const bootId = currentBootId()
  const path = join(root, 'engine.json')
  const found = readIdentity(path)
  if (found?.bootId === bootId && found.runtimeDirectory !== runtimeDirectory && hasContainers(found.runtimeDirectory)) {
    throw mixedUp(`containers of ${root} run below ${found.runtimeDirectory}, not ${runtimeDirectory}`, found.runtimeDirectory)
  }
  const ownerPath = join(runtimeDirectory, 'owner.json')
  const owner = readIdentity(ownerPath)
  if (owner?.bootId === bootId && owner.id !== found?.id && hasContainers(runtimeDirectory)) {
    throw mixedUp(`containers of another state directory run below ${runtimeDirectory}`)
  }
  const identity: EngineIdentity = {
    version: 1,
    id: found?.id ?? crypto.randomUUID(),
    createdAt: found?.createdAt ?? nowText(),
    runtimeDirectory,
    bootId,
  }
  writeJsonFile(path, identity)
  writeJsonFile(ownerPath, identity)
  return identity
}

function readIdentity(path: string): EngineIdentity | undefined {
  if (!existsSync(path)) return undefined
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as EngineIdentity
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new EngineError('ENGINE_BAD_RECORD', `${path} cannot be read: ${error.message}`, {
      kind: 'corrupt',
      hint: 'remove it; a new one is made',
      cause: error,
    })
  }
}

function hasContainers(runtimeDirectory: string): boolean {
  try {
    return readdirSync(runtimeStateDirectory(runtimeDirectory)).length > 0
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return false
    throw error
  }
}

function mixedUp(message: string, wanted?: string): EngineError {
  const hint = wanted === undefined ? 'choose another --runtime-dir' : `use --runtime-dir ${wanted}, or end them first`
  return new EngineError('ENGINE_LOCKED', message, { kind: 'conflict', hint })
}
