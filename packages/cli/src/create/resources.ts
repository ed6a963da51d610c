import type { DeviceMapping, RestartPolicy, Ulimit } from '@ct/api'
import { badFlag } from './bad-flag.ts'

/** `name=soft[:hard]`. Throws `CLI_BAD_FLAG`. */
export function parseUlimit(text: string): Ulimit {
  const [, Name, soft, hard = soft] = /^([a-z]+)=(-?\d+)(?::(-?\d+))?$/.exec(text) ?? []
  if (Name === undefined) throw badFlag('ulimit', text, 'expected name=soft[:hard]')
  return { Name, Soft: Number(soft), Hard: Number(hard) }
}

/** `host[:container][:rwm]`. Throws `CLI_BAD_FLAG`. */
export function parseDevice(text: string): DeviceMapping {
  const parts = text.split(':')
  const [PathOnHost = ''] = parts
  const last = parts.at(-1) ?? ''
  const CgroupPermissions = parts.length > 1 && /^[rwm]+$/.test(last) ? (parts.pop() ?? '') : 'rwm'
  if (parts.length > 2 || PathOnHost === '') throw badFlag('device', text, 'expected path[:path][:rwm]')
  return { PathOnHost, PathInContainer: parts[1] ?? PathOnHost, CgroupPermissions }
}

/** `no`, `always`, `unless-stopped`, `on-failure[:max]`. Throws `CLI_BAD_FLAG`. */
export function parseRestartPolicy(text: string): RestartPolicy {
  const [, Name, count] = /^(no|always|unless-stopped|on-failure)(?::(\d+))?$/.exec(text) ?? []
  if (Name === undefined || (count !== undefined && Name !== 'on-failure')) {
    throw badFlag('restart', text, 'expected no, always, unless-stopped or on-failure[:max]')
  }
  return { Name: Name as NonNullable<RestartPolicy['Name']>, ...(count !== undefined && { MaximumRetryCount: Number(count) }) }
}
