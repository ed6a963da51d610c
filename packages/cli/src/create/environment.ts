import { readFile } from 'node:fs/promises'
import { hasErrno } from '@ct/errors'
import { CliError } from '../errors.ts'
import { badFlag } from './bad-flag.ts'

/**
 * `NAME=value` entries of `--env-file` and `--env`, files first. A `NAME` alone takes the value from this process, or
 * stays a bare `NAME` when it has none on the command line (which removes it) and is dropped when it is in a file.
 */
export async function readEnvironment(
  words: readonly string[],
  files: readonly string[],
  own: Readonly<Record<string, string | undefined>>,
): Promise<readonly string[]> {
  const entries: string[] = []
  for (const file of files) {
    for (const line of await readLines('env-file', file)) {
      const [name = ''] = line.split('=', 1)
      if (/\s/.test(name) || name === '') throw badFlag('env-file', file, `variable '${name}' contains whitespaces or has no name`)
      if (line.includes('=')) entries.push(line)
      else if (own[name] !== undefined) entries.push(`${name}=${own[name]}`)
    }
  }
  for (const word of words) {
    if (word === '' || word.startsWith('=')) throw badFlag('env', word, 'invalid environment variable')
    entries.push(word.includes('=') || own[word] === undefined ? word : `${word}=${own[word]}`)
  }
  return entries
}

/** Lines of a text file without comments and blank lines, as env and label files have them. Throws `CLI_BAD_FLAG`. */
export async function readLines(flag: string, path: string): Promise<readonly string[]> {
  const text = await readFlagFile(flag, path)
  return text
    .split(/\r?\n/)
    .map((line) => line.trimStart())
    .filter((line) => line !== '' && !line.startsWith('#'))
}

/** The text of a file that a flag names. Throws `CLI_BAD_FLAG` when it cannot be read. */
export async function readFlagFile(flag: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (!hasErrno(error, 'ENOENT', 'EACCES', 'EISDIR', 'ENOTDIR')) throw error
    throw new CliError('CLI_BAD_FLAG', `--${flag}: cannot read ${path} (${error.code})`, { kind: 'invalid', exitCode: 125, cause: error })
  }
}
