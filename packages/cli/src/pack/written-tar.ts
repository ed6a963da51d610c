import { type Pack, pack } from 'tar-stream'

/** A tar that is written as it is read: nothing happens before the first read, and what the writer throws is thrown to the reader. */
export async function* writtenTar(write: (tar: Pack) => Promise<void>): AsyncGenerator<Uint8Array, void, undefined> {
  const tar = pack()
  let failure: Error | undefined
  const writing = write(tar).catch((error: unknown) => {
    failure = error instanceof Error ? error : new Error(String(error))
    tar.destroy(failure)
  })
  try {
    for await (const chunk of tar as AsyncIterable<Uint8Array>) yield chunk
  } catch (error) {
    throw failure ?? error
  } finally {
    tar.destroy()
    await writing
  }
  if (failure !== undefined) throw failure
}
