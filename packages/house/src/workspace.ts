import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Absolute path of the repository. */
export const repository: string = fileURLToPath(new URL('../../../', import.meta.url))

/** The manifest fields that the house looks at. */
export interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly description?: string
  readonly license?: string
  readonly type?: string
  readonly sideEffects?: boolean
  readonly exports?: Readonly<Record<string, unknown>>
  readonly files?: readonly string[]
  readonly engines?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

/** One package of the workspace. */
export interface Package {
  /** Folder name under `packages/`. */
  readonly name: string
  readonly directory: string
  readonly manifest: Manifest
}

/** Folders under `packages/` that publish TypeScript, sorted. */
export function libraryPackages(): readonly Package[] {
  return allPackages().filter(({ manifest, name }) => manifest.private !== true && !name.startsWith('native-linux-'))
}

/** Every folder under `packages/`, sorted. */
export function allPackages(): readonly Package[] {
  const root = join(repository, 'packages')
  return readdirSync(root)
    .sort()
    .map((name) => {
      const directory = join(root, name)
      return { name, directory, manifest: JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Manifest }
    })
}

/** Paths, relative to the package, of its TypeScript files below one of its folders. */
export function typescriptFiles({ directory }: Package, folder: 'src' | 'test'): readonly string[] {
  return readdirSync(join(directory, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => `${folder}/${path}`)
    .sort()
}

/** A file of a package as text. */
export function readText({ directory }: Package, path: string): string {
  return readFileSync(join(directory, path), 'utf8')
}
