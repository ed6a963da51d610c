import { pack } from 'tar-stream'
import { bytesOf } from '../../src/testing/index.ts'

/** A tar with the given files; a value of `{ linkTo }` is a symbolic link. */
export async function makeTar(files: Readonly<Record<string, Uint8Array | string | { readonly linkTo: string }>>): Promise<Buffer> {
  const archive = pack()
  for (const [name, content] of Object.entries(files)) {
    if (typeof content === 'object' && 'linkTo' in content) archive.entry({ name, type: 'symlink', linkname: content.linkTo })
    else archive.entry({ name }, content)
  }
  archive.finalize()
  return bytesOf(archive as AsyncIterable<Uint8Array>)
}
