import { LayerfsError } from '../errors.ts'

/** The root of a layer. */
export const ROOT = '.'

const IRREGULAR = /(?:^|\/)\.{0,2}(?:\/|$)/

/**
 * The path of an entry relative to the root of the tree, in one form: no leading `/` or `./`, nothing empty, no `..`.
 * It is the bytes of the name as Latin-1 text, so that names need not be UTF-8 and can be keys of maps.
 * @throws LayerfsError `LAYERFS_PATH_ESCAPES` when `..` leads above the root
 */
export function layerPath(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
  const path = text.startsWith('./') ? text.slice(2) : text
  return IRREGULAR.test(path) ? normalize(path) : path
}

/** The bytes of a path made by {@link layerPath}. */
export function pathBytes(path: string): Buffer {
  return Buffer.from(path, 'latin1')
}

/** The path as it is shown to people. */
export function showPath(path: string): string {
  return pathBytes(path).toString('utf8')
}

/** The directory that an entry is in; that of the root is the root. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash < 0 ? ROOT : path.slice(0, slash)
}

/** The path of an entry of a directory. */
export function childOf(directory: string, name: string): string {
  return directory === ROOT ? name : `${directory}/${name}`
}

/** Whether a path is inside a directory, at any depth. */
export function isBelow(path: string, directory: string): boolean {
  return directory === ROOT ? path !== ROOT : path.startsWith(`${directory}/`)
}

function normalize(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') {
      if (parts.pop() === undefined) throw escapes(path)
    } else if (part !== '' && part !== '.') {
      parts.push(part)
    }
  }
  return parts.length === 0 ? ROOT : parts.join('/')
}

function escapes(path: string): LayerfsError {
  return new LayerfsError('LAYERFS_PATH_ESCAPES', `the entry ${JSON.stringify(showPath(path))} leads out of the layer`, {
    kind: 'corrupt',
    hint: 'the layer is broken or hostile; nothing of it was kept',
  })
}
