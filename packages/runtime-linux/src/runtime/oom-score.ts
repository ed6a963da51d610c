import { readFileSync, writeFileSync } from 'node:fs'
import { hasErrno } from '@ct/errors'
import type { NamespaceType } from '@ct/native'
import type { Process } from '../spec/process.ts'

/** Sets the score of a process in a user namespace, which may not do so itself; the others have done it. */
export function adjustOomScore(pid: number, { oomScoreAdj }: Process, namespaces: readonly NamespaceType[]): void {
  if (oomScoreAdj === undefined || !namespaces.includes('user')) return
  const file = `/proc/${pid}/oom_score_adj`
  try {
    if (Number(readFileSync(file, 'utf8')) !== oomScoreAdj) writeFileSync(file, String(oomScoreAdj))
  } catch (error) {
    if (!hasErrno(error, 'ENOENT', 'ESRCH')) throw error
  }
}
