import { RuntimeError } from '../errors.ts'

/** The contents of a root's `/etc/passwd` and `/etc/group`; undefined where there is no such file. */
export interface UserFiles {
  readonly passwd?: string | undefined
  readonly group?: string | undefined
}

/** Options of {@link resolveUser}. */
export interface ResolveUserOptions {
  /** Groups by name or number that the process is in, too (`docker run --group-add`). Default: none. */
  readonly additionalGroups?: readonly string[] | undefined
}

/** A user as numbers. */
export interface ResolvedUser {
  readonly uid: number
  readonly gid: number
  readonly additionalGids: readonly number[]
  /** Home directory; `/` when the user has no entry. */
  readonly home: string
  readonly name?: string | undefined
}

interface PasswdEntry {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
}

interface GroupEntry {
  readonly name: string
  readonly gid: number
  readonly members: readonly string[]
}

const MAXIMUM_ID = 0x7fffffff

/**
 * Finds the ids of `user`, `user:group`, `uid`, `uid:gid` or any mixture, as Docker does: a name must have an entry, a
 * number need not; without a group the entry's (or 0) is taken, and the user's further groups come from the group file.
 * An empty user is root.
 * @throws RuntimeError RUNTIME_NO_USER when a name has no entry or a number is out of range.
 */
export function resolveUser(user: string, files: UserFiles, { additionalGroups = [] }: ResolveUserOptions = {}): ResolvedUser {
  const [userPart = '', groupPart = ''] = user.split(/:(.*)/s)
  const entry = findUser(userPart || '0', parsePasswd(files.passwd ?? ''))
  const groups = parseGroup(files.group ?? '')
  const memberships =
    groupPart === '' ? groups.filter(({ members }) => entry.name !== undefined && members.includes(entry.name)).map(({ gid }) => gid) : []
  const additional = [...memberships, ...additionalGroups.map((group) => findGroup(group, groups))]
  return {
    uid: entry.uid,
    gid: groupPart === '' ? entry.gid : findGroup(groupPart, groups),
    additionalGids: [...new Set(additional)],
    home: entry.home,
    name: entry.name,
  }
}

function findUser(part: string, entries: readonly PasswdEntry[]): Omit<PasswdEntry, 'name'> & { readonly name?: string } {
  const byName = entries.find(({ name }) => name === part)
  if (byName !== undefined) return byName
  const uid = numberOf(part)
  if (uid === undefined) throw noUser(`unable to find user ${part}: no matching entries in passwd file`)
  return entries.find((entry) => entry.uid === uid) ?? { uid, gid: 0, home: '/' }
}

function findGroup(part: string, entries: readonly GroupEntry[]): number {
  const gid = entries.find(({ name }) => name === part)?.gid ?? numberOf(part)
  if (gid === undefined) throw noUser(`unable to find group ${part}: no matching entries in group file`)
  return gid
}

function numberOf(part: string): number | undefined {
  if (!/^\d+$/.test(part)) return undefined
  const number = Number(part)
  if (number > MAXIMUM_ID) throw noUser(`uids and gids must be in range 0-${MAXIMUM_ID}: ${part}`)
  return number
}

function noUser(message: string): RuntimeError {
  return new RuntimeError('RUNTIME_NO_USER', message, { kind: 'invalid', hint: 'name a user of the image, or use a number' })
}

function parsePasswd(content: string): PasswdEntry[] {
  return rows(content).flatMap(([name, , uid, gid, , home]) => {
    if (name === undefined || !isId(uid) || !isId(gid)) return []
    return [{ name, uid: Number(uid), gid: Number(gid), home: home || '/' }]
  })
}

function parseGroup(content: string): GroupEntry[] {
  return rows(content).flatMap(([name, , gid, members = '']) => {
    return name === undefined || !isId(gid) ? [] : [{ name, gid: Number(gid), members: members.split(',').map((member) => member.trim()) }]
  })
}

function isId(field: string | undefined): field is string {
  return field !== undefined && /^\d+$/.test(field) && Number(field) <= MAXIMUM_ID
}

function rows(content: string): string[][] {
  return content
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(':'))
}
