import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ContentStore } from '../content-store.ts'
import type { Source } from '../target.ts'
import type { LoadedImage } from './docker-images.ts'
import { type LoadArchiveOptions, loadArchive } from './load-archive.ts'

/** An archive as a source; disposing of it removes what was spooled. */
export interface Archive extends Source, AsyncDisposable {
  readonly images: readonly LoadedImage[]
}

/** Options of {@link openArchive}. */
export interface OpenArchiveOptions extends LoadArchiveOptions {
  /** Where to spool, as large as the archive. @default the system's temporary directory */
  readonly spoolDirectory?: string | undefined
}

/** Spools an archive to disk and makes a source of it, from which `copy` takes images by reference or by digest. */
export async function openArchive(archive: AsyncIterable<Uint8Array>, options: OpenArchiveOptions = {}): Promise<Archive> {
  const directory = await mkdtemp(join(options.spoolDirectory ?? tmpdir(), 'ct-archive-'))
  const dispose = () => rm(directory, { recursive: true, force: true })
  try {
    const store = await ContentStore.open(directory)
    const images = await loadArchive(store, archive, options)
    return {
      images,
      resolve: (ref) => store.resolve(ref),
      fetch: (descriptor, fetchOptions) => store.fetch(descriptor, fetchOptions),
      [Symbol.asyncDispose]: dispose,
    }
  } catch (error) {
    await dispose()
    throw error
  }
}
