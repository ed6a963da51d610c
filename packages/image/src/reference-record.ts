import type { Descriptor } from './descriptor.ts'
import { descriptorShape } from './manifest.ts'
import { parseDocument } from './parse-document.ts'
import { literal, object } from './shape.ts'

const recordShape = object<{ readonly version: 1; readonly descriptor: Descriptor }>({ version: literal(1), descriptor: descriptorShape }, [
  'version',
  'descriptor',
])

/** What a store keeps for a reference: a line of JSON with a version. */
export function formatReferenceRecord(descriptor: Descriptor): string {
  return `${JSON.stringify({ version: 1, descriptor })}\n`
}

/**
 * Reads what {@link formatReferenceRecord} wrote; `place` is where it was found, for the error.
 * @throws ImageError `IMAGE_BAD_STORE`, `IMAGE_TOO_LARGE`
 */
export function parseReferenceRecord(bytes: Uint8Array, place: string): Descriptor {
  return parseDocument(bytes, recordShape, { what: `the record of a reference, ${place},`, code: 'IMAGE_BAD_STORE' }).descriptor
}
