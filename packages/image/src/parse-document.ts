import { checkJson } from './check-json.ts'
import { ImageError, type ImageErrorCode } from './errors.ts'
import { type Shape, ShapeError } from './shape.ts'

/** The largest manifest, index, config or record that is read: 4 MiB, what registries accept, too. */
export const MAX_DOCUMENT_BYTES = 4 * 1024 * 1024

const maxDepth = 64

/** What a document is called in errors, and the code for one that is wrong. */
export interface DocumentKind {
  readonly what: string
  readonly code: ImageErrorCode
}

/** Reads a JSON document that somebody else wrote, within bounds. */
export function parseDocument<T>(bytes: Uint8Array, shape: Shape<T>, { what, code }: DocumentKind): T {
  if (bytes.byteLength > MAX_DOCUMENT_BYTES) {
    throw new ImageError('IMAGE_TOO_LARGE', `${what} of ${bytes.byteLength} bytes: the limit is ${MAX_DOCUMENT_BYTES}`, {
      kind: 'exhausted',
    })
  }
  const wrong = (why: string, cause?: unknown) => new ImageError(code, `${what} is not valid: ${why}`, { kind: 'corrupt', cause })
  try {
    const source = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    const problem = checkJson(source, maxDepth)
    if (problem !== undefined) throw wrong(problem)
    return shape(JSON.parse(source), '')
  } catch (error) {
    if (error instanceof ShapeError) throw wrong(error.message, error)
    if (error instanceof SyntaxError) throw wrong('it is not JSON', error)
    if (error instanceof TypeError && 'code' in error && error.code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
      throw wrong('it is not UTF-8', error)
    throw error
  }
}
