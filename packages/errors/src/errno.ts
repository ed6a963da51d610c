/** Whether a value is an error of Node's file or network calls with one of the given codes (`'ENOENT'`, `'EEXIST'`, …). */
export function hasErrno(value: unknown, ...codes: readonly string[]): value is NodeJS.ErrnoException {
  return value instanceof Error && 'code' in value && typeof value.code === 'string' && codes.includes(value.code)
}
