import { describe, expect, it } from 'vitest'
import { parseDevice, parseRestartPolicy, parseUlimit } from '../../src/create/resources.ts'

const refused = expect.objectContaining({ code: 'CLI_BAD_FLAG', exitCode: 125 })

describe('resources', () => {
  it.each([
    ['nofile=1024', { Name: 'nofile', Soft: 1024, Hard: 1024 }],
    ['nofile=1024:2048', { Name: 'nofile', Soft: 1024, Hard: 2048 }],
    ['core=-1', { Name: 'core', Soft: -1, Hard: -1 }],
  ])('the limit %s', (text, expected) => {
    expect(parseUlimit(text)).toEqual(expected)
  })

  it.each([
    ['/dev/fuse', ['/dev/fuse', '/dev/fuse', 'rwm']],
    ['/dev/fuse:r', ['/dev/fuse', '/dev/fuse', 'r']],
    ['/dev/fuse:/dev/x', ['/dev/fuse', '/dev/x', 'rwm']],
    ['/dev/fuse:/dev/x:rw', ['/dev/fuse', '/dev/x', 'rw']],
  ])('the device %s', (text, [PathOnHost, PathInContainer, CgroupPermissions]) => {
    expect(parseDevice(text)).toEqual({ PathOnHost, PathInContainer, CgroupPermissions })
  })

  it.each([
    ['no', { Name: 'no' }],
    ['on-failure', { Name: 'on-failure' }],
    ['on-failure:3', { Name: 'on-failure', MaximumRetryCount: 3 }],
    ['unless-stopped', { Name: 'unless-stopped' }],
  ])('the policy %s', (text, expected) => {
    expect(parseRestartPolicy(text)).toEqual(expected)
  })

  it('refuses what is none of these', () => {
    expect(() => parseUlimit('nofile')).toThrow(refused)
    expect(() => parseDevice(':/dev/x')).toThrow(refused)
    expect(() => parseDevice('/a:/b:/c')).toThrow(refused)
    expect(() => parseRestartPolicy('sometimes')).toThrow(refused)
    expect(() => parseRestartPolicy('always:3')).toThrow(refused)
  })
})
