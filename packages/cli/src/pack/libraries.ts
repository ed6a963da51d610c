import { open, realpath } from 'node:fs/promises'
import { dirname, isAbsolute, join } from 'node:path'
import { hasErrno } from '@ct/errors'
import { CliError } from '../errors.ts'
import { type ElfFile, readElf } from './elf.ts'
import { type LoaderCache, readLoaderCache } from './loader-cache.ts'

/** What a program needs to start: paths as the loader would open them, not yet followed through links. */
export interface Requirements {
  /** The loader of an ELF program or the interpreter of a script. */
  readonly interpreter: string | undefined
  /** Words after the interpreter in a `#!` line. */
  readonly interpreterArgument: string | undefined
  /** Every library, also those that libraries need. */
  readonly libraries: readonly string[]
}

const DEFAULT_DIRECTORIES = ['/lib', '/usr/lib', '/lib64', '/usr/lib64', '/usr/local/lib']
const NOTHING: Requirements = { interpreter: undefined, interpreterArgument: undefined, libraries: [] }

interface Chain {
  readonly path: string
  readonly elf: ElfFile
  /** RPATH directories of those that asked for this one. */
  readonly inherited: readonly string[]
}

/**
 * Finds what programs need, as ld.so(8) does: RPATH (unless there is a RUNPATH), RUNPATH, the loader's cache, the
 * default directories; LD_LIBRARY_PATH is left out, because the container will not have it.
 */
export class LibraryFinder {
  readonly #cache: LoaderCache

  constructor(cache: LoaderCache) {
    this.#cache = cache
  }

  /** A finder with this machine's loader cache. */
  static async open(): Promise<LibraryFinder> {
    return new LibraryFinder(await readLoaderCache())
  }

  /** Throws `CLI_PACK_NOT_FOUND` for a library that is nowhere and `CLI_PACK_BAD_ELF` for a broken file. */
  async requirements(path: string): Promise<Requirements> {
    await using file = await open(path)
    const elf = await readElf(file, path)
    if (elf !== undefined) {
      const libraries = await this.#closure({ path, elf, inherited: [] })
      return { interpreter: elf.interpreter, interpreterArgument: undefined, libraries }
    }
    const { buffer, bytesRead } = await file.read(Buffer.alloc(256), 0, 256, 0)
    const [, interpreter, interpreterArgument] =
      /^#![ \t]*(\S+)[ \t]*(.*?)[ \t]*\r?\n/.exec(`${buffer.toString('latin1', 0, bytesRead)}\n`) ?? []
    return interpreter === undefined ? NOTHING : { interpreter, interpreterArgument: interpreterArgument || undefined, libraries: [] }
  }

  async #closure(root: Chain): Promise<readonly string[]> {
    const found = new Map<string, string>()
    const queue: Chain[] = [root]
    for (let link = queue.shift(); link !== undefined; link = queue.shift()) {
      const origin = dirname(await realpath(link.path))
      const rpath = link.elf.runpath.length > 0 ? [] : expand(link.elf.rpath, origin, link.elf)
      const directories = [...rpath, ...link.inherited, ...expand(link.elf.runpath, origin, link.elf)]
      for (const name of link.elf.needed) {
        if (found.has(name) || isMuslItself(name, root.elf)) continue
        const { path, elf } = await this.#find(name, directories, link)
        found.set(name, path)
        queue.push({ path, elf, inherited: [...rpath, ...link.inherited] })
      }
    }
    return [...found.values()]
  }

  async #find(name: string, directories: readonly string[], wantedBy: Chain): Promise<{ path: string; elf: ElfFile }> {
    const candidates = isAbsolute(name)
      ? [name]
      : [
          ...directories.map((directory) => join(directory, name)),
          ...(this.#cache.get(name) ?? []),
          ...DEFAULT_DIRECTORIES.map((directory) => join(directory, name)),
        ]
    for (const path of candidates) {
      const elf = await elfAt(path)
      if (elf !== undefined && elf.bits === wantedBy.elf.bits && elf.machine === wantedBy.elf.machine) return { path, elf }
    }
    throw new CliError('CLI_PACK_NOT_FOUND', `${wantedBy.path} needs ${name}, which is not on this machine`, {
      kind: 'not-found',
      hint: `looked at ${candidates.join(', ')}`,
    })
  }
}

function expand(directories: readonly string[], origin: string, elf: ElfFile): string[] {
  const library = elf.bits === 64 ? 'lib64' : 'lib'
  return directories.map((directory) => directory.replace(/\$(ORIGIN\b|\{ORIGIN\})/g, origin).replace(/\$(LIB\b|\{LIB\})/g, library))
}

/** With musl the loader is the C library, under a name that no directory has. */
function isMuslItself(name: string, { interpreter }: ElfFile): boolean {
  return interpreter?.includes('ld-musl') === true && /^libc\.(so|musl-)/.test(name)
}

async function elfAt(path: string): Promise<ElfFile | undefined> {
  try {
    await using file = await open(path)
    return await readElf(file, path)
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES')) return undefined
    throw error
  }
}
