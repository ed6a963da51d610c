import type { ErrorKind } from '@ct/errors'
import { NativeError } from './errors.ts'
import type { HelperStatus } from './helper-process.ts'
import { STAGES, systemError } from './report.ts'

const KINDS: Readonly<Record<string, ErrorKind>> = {
  ENOENT: 'not-found',
  ENOTDIR: 'conflict',
  EBUSY: 'conflict',
  ENOTEMPTY: 'conflict',
  EINVAL: 'invalid',
  ENAMETOOLONG: 'invalid',
  ELOOP: 'invalid',
  ENOSPC: 'exhausted',
  EDQUOT: 'exhausted',
  EMFILE: 'exhausted',
  ENOMEM: 'exhausted',
  EROFS: 'denied',
  EPERM: 'denied',
  EACCES: 'denied',
  EOPNOTSUPP: 'unsupported',
  E2BIG: 'unsupported',
}

/** What a tree verb reported, as an error whose `cause` has the errno's code. */
export function treeError(action: 'write' | 'read', targetName: string, { stage, index, errno, path }: HelperStatus): NativeError {
  const cause = systemError(errno, STAGES.get(stage) === 'mount' ? 'mount' : action)
  const what = path === '' ? `${targetName} (operation ${index})` : `${JSON.stringify(path)} in ${targetName}`
  return new NativeError('NATIVE_TREE_FAILED', `cannot ${action} ${what}: ${cause.message}`, {
    kind: KINDS[cause.code ?? ''] ?? 'internal',
    cause,
  })
}
