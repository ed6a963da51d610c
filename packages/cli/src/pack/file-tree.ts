import type { Stats } from 'node:fs'
import { lstat, readdir, readlink, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { hasErrno } from '@ct/errors'
import { CliError } from '../errors.ts'
import { LibraryFinder } from './libraries.ts'

/** One path of the image; the content of a file is a file of this machine, or text. */
export type TreeEntry =
  | { readonly type: 'directory'; readonly mode: number }
  | { readonly type: 'symlink'; readonly target: string }
  | { readonly type: 'file'; readonly mode: number; readonly source: string; readonly sizeBytes: number }
  | { readonly type: 'file'; readonly mode: number; readonly text: string }

const MAX_LINKS = 40

/** The files of an image in the making, by absolute path. */
export class FileTree {
  readonly #entries = new Map<string, TreeEntry>()
  readonly #finder: LibraryFinder
  readonly #examined = new Set<string>()

  private constructor(finder: LibraryFinder) {
    this.#finder = finder
  }

  /** An empty tree over this machine's loader cache. */
  static async open(): Promise<FileTree> {
    return new FileTree(await LibraryFinder.open())
  }

  /** Entries sorted by path, so that parents come first. */
  entries(): readonly (readonly [path: string, entry: TreeEntry])[] {
    return [...this.#entries].sort(([a], [b]) => (a < b ? -1 : 1))
  }

  /** Adds a program with its loader, its libraries and, for a script, its interpreter. `search` is a PATH. Gives its path. */
  async addProgram(program: string, search = ''): Promise<string> {
    const path = program.includes('/') ? resolve(program) : await findInPath(program, search)
    const real = await this.#add(path)
    if (this.#examined.has(real)) return path
    this.#examined.add(real)
    const { interpreter, interpreterArgument, libraries } = await this.#finder.requirements(real)
    if (interpreter !== undefined) await this.addProgram(interpreter)
    if (interpreter?.endsWith('/env') === true && interpreterArgument !== undefined) {
      const [name] = interpreterArgument.split(/\s+/).filter((word) => !word.startsWith('-') && !word.includes('='))
      if (name !== undefined) await this.addProgram(name, search)
    }
    for (const library of libraries) await this.#add(library)
    return path
  }

  /** Adds a file, or a directory with all below it, at the same or another path. Libraries are not looked for. */
  async addFile(source: string, destination: string = resolve(source)): Promise<void> {
    const from = resolve(source)
    const info = await statOf(from)
    if (destination === from) await this.#add(from)
    else this.#addParents(destination)
    if (!info.isDirectory()) return this.#setFile(destination, from, info)
    this.#entries.set(destination, { type: 'directory', mode: info.mode & 0o7777 })
    for (const child of await readdir(from, { withFileTypes: true })) {
      const [path, target] = [join(from, child.name), join(destination, child.name)]
      if (child.isDirectory()) await this.addFile(path, target)
      else if (child.isSymbolicLink()) this.#entries.set(target, { type: 'symlink', target: await readlink(path) })
      else if (child.isFile()) this.#setFile(target, path, await statOf(path))
    }
  }

  /** Adds a text file unless there is one. */
  addText(path: string, text: string, mode = 0o644): void {
    if (this.#entries.has(path)) return
    this.#addParents(path)
    this.#entries.set(path, { type: 'file', mode, text })
  }

  /** Adds a directory unless there is one. */
  addDirectory(path: string, mode = 0o755): void {
    if (this.#entries.has(path)) return
    this.#addParents(path)
    this.#entries.set(path, { type: 'directory', mode })
  }

  /** Adds a path of this machine and every link on the way to it; gives the path without links. */
  async #add(path: string): Promise<string> {
    let current = resolve(path)
    for (let links = 0; links < MAX_LINKS; links++) {
      const next = await this.#addUntilLink(current)
      if (next === undefined) return current
      current = next
    }
    throw new CliError('CLI_PACK_NOT_FOUND', `${path} is a circle of symbolic links`, { kind: 'invalid' })
  }

  /** Walks down a path; at the first link adds it and gives the path that it leads to. */
  async #addUntilLink(path: string): Promise<string | undefined> {
    const names = path.split('/').filter((name) => name !== '')
    for (let depth = 1; depth <= names.length; depth++) {
      const here = `/${names.slice(0, depth).join('/')}`
      const info = await statOf(here, lstat)
      if (info.isSymbolicLink()) {
        const target = await readlink(here)
        this.#entries.set(here, { type: 'symlink', target })
        return join(resolve(dirname(here), target), ...names.slice(depth))
      }
      if (info.isDirectory()) {
        if (!this.#entries.has(here)) this.#entries.set(here, { type: 'directory', mode: info.mode & 0o7777 })
      } else this.#setFile(here, here, info)
    }
    return undefined
  }

  #setFile(path: string, source: string, info: { readonly mode: number; readonly size: number }): void {
    this.#entries.set(path, { type: 'file', mode: info.mode & 0o7777, source, sizeBytes: info.size })
  }

  #addParents(path: string): void {
    const parent = dirname(path)
    if (parent === path || parent === '/') return
    this.#addParents(parent)
    if (!this.#entries.has(parent)) this.#entries.set(parent, { type: 'directory', mode: 0o755 })
  }
}

async function statOf(path: string, read: (path: string) => Promise<Stats> = stat): Promise<Stats> {
  try {
    return await read(path)
  } catch (error) {
    if (!hasErrno(error, 'ENOENT', 'ENOTDIR')) throw error
    throw new CliError('CLI_PACK_NOT_FOUND', `${path} is not on this machine`, { kind: 'not-found', cause: error })
  }
}

async function findInPath(name: string, search: string): Promise<string> {
  for (const directory of search.split(':').filter((part) => part !== '')) {
    const path = join(directory, name)
    const info = await stat(path).catch((error: unknown) => {
      if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return undefined
      throw error
    })
    if (info?.isFile() === true && (info.mode & 0o111) !== 0) return path
  }
  throw new CliError('CLI_PACK_NOT_FOUND', `no program ${name} in ${search === '' ? 'an empty PATH' : search}`, { kind: 'not-found' })
}

/** What programs expect of a root file system: accounts for root and nobody, and directories for mounts and scratch. */
export function addAccounts(tree: FileTree): void {
  tree.addText('/etc/passwd', 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n')
  tree.addText('/etc/group', 'root:x:0:\nnogroup:x:65534:\n')
  tree.addText('/etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n')
  tree.addDirectory('/root', 0o700)
  tree.addDirectory('/tmp', 0o1777)
  for (const path of ['/dev', '/proc', '/sys', '/var', '/run']) tree.addDirectory(path)
}
