import { corrupt } from './corrupt.ts'

/** A record of a pax extended header. Values may be binary. */
export type PaxRecord = readonly [key: string, value: Buffer]

const SPACE = 0x20
const NEWLINE = 0x0a

/**
 * Reads the records `<length> <key>=<value>\n` of a pax extended header, in order, repeated keys included.
 * @throws LayerfsError `TAR_CORRUPT`
 */
export function readPaxRecords(data: Buffer): PaxRecord[] {
  const records: PaxRecord[] = []
  for (let at = 0; at < data.length; ) {
    const space = data.indexOf(SPACE, at)
    const digits = space < 0 || space - at > 8 ? '' : data.toString('latin1', at, space)
    const end = /^\d+$/.test(digits) ? at + Number(digits) : 0
    const equals = data.indexOf('=', space)
    if (end > data.length || equals < 0 || equals >= end || data[end - 1] !== NEWLINE) throw corrupt('a pax record is malformed')
    records.push([data.toString('utf8', space + 1, equals), Buffer.from(data.subarray(equals + 1, end - 1))])
    at = end
  }
  return records
}

/** Writes records as a pax extended header has them, sorted by key so that equal records give equal bytes. */
export function writePaxRecords(records: Iterable<readonly [key: string, value: Uint8Array | string]>): Buffer {
  const sorted = [...records].sort(([a], [b]) => (a < b ? -1 : 1))
  return Buffer.concat(sorted.map(([key, value]) => writePaxRecord(key, Buffer.from(value))))
}

function writePaxRecord(key: string, value: Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from('\n')])
  let length = rest.length + 1
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length
  return Buffer.concat([Buffer.from(String(length)), rest])
}

/** The attribute name in `SCHILY.xattr.<name>`: as GNU tar does, `=` and `%` are escaped, because a key ends at `=`. */
export function xattrNameOf(key: string): string {
  return key.replaceAll('%3D', '=').replaceAll('%25', '%')
}

/** The escaped form of an attribute name; see {@link xattrNameOf}. */
export function xattrKeyOf(name: string): string {
  return `SCHILY.xattr.${name.replaceAll('%', '%25').replaceAll('=', '%3D')}`
}
