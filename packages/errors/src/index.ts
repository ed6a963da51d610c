export { CtError, type CtErrorOptions, type ErrorKind, isCtError } from './ct-error.ts'
export { hasErrno } from './errno.ts'
