import { readFileSync } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'
import { hasErrno } from '@ct/errors'
import type { Mount } from '@ct/native'
import { RuntimeError } from '../errors.ts'
import type { Spec } from '../spec/spec.ts'
import { validateSpec } from '../spec/validate-spec.ts'
import type { Bundle } from './runtime.ts'

/** A bundle with everything absolute and checked. */
export interface LoadedBundle {
  readonly spec: Spec
  readonly rootfs: string
  readonly bundle: string
  readonly mounts: readonly Mount[]
}

/**
 * Takes a bundle as a value, or reads `config.json` in a bundle directory.
 * @throws RuntimeError RUNTIME_BAD_BUNDLE, RUNTIME_BAD_SPEC, RUNTIME_UNSUPPORTED.
 * @see https://github.com/opencontainers/runtime-spec/blob/main/bundle.md
 */
export function loadBundle(bundle: Bundle | string): LoadedBundle {
  if (typeof bundle !== 'string') {
    if (!isAbsolute(bundle.rootfs)) throw new TypeError(`rootfs must be an absolute path: ${bundle.rootfs}`)
    return { spec: validateSpec(bundle.spec), rootfs: bundle.rootfs, bundle: bundle.rootfs, mounts: bundle.mounts ?? [] }
  }
  const directory = resolve(bundle)
  const spec = validateSpec(readConfig(join(directory, 'config.json')))
  if (spec.root === undefined) throw badBundle(`${directory}/config.json has no root`)
  return { spec, rootfs: resolve(directory, spec.root.path), bundle: directory, mounts: [] }
}

function readConfig(path: string): unknown {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EISDIR')) throw badBundle(`${path} cannot be read: ${error.code}`, error)
    throw error
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    throw badBundle(`${path} is not JSON: ${error instanceof Error ? error.message : 'malformed'}`, error)
  }
}

function badBundle(message: string, cause?: unknown): RuntimeError {
  return new RuntimeError('RUNTIME_BAD_BUNDLE', message, { kind: 'invalid', cause })
}
