import { describe, expect, it } from 'vitest'
import { type MountOptions, parseMountOptions } from '../src/mount-options.ts'

const none: MountOptions = {
  set: [],
  clear: [],
  recursiveSet: [],
  recursiveClear: [],
  propagation: undefined,
  isPropagationRecursive: false,
  data: [],
  bind: undefined,
  copyUp: false,
  idMap: undefined,
}

describe('parseMountOptions', () => {
  const rows: [options: string, result: Partial<MountOptions>][] = [
    ['', {}],
    ['defaults', {}],
    ['ro,nosuid,nodev,noexec', { set: ['rdonly', 'nosuid', 'nodev', 'noexec'] }],
    ['ro,rw', { clear: ['rdonly'] }],
    ['rw,ro', { set: ['rdonly'] }],
    ['rro,rnosuid,rexec', { recursiveSet: ['rdonly', 'nosuid'], recursiveClear: ['noexec'] }],
    ['relatime,strictatime,nodiratime', { set: ['relatime', 'strictatime', 'nodiratime'] }],
    ['rrelatime', { recursiveSet: ['relatime'] }],
    ['rbind,rslave', { bind: 'rbind', propagation: 'slave', isPropagationRecursive: true }],
    ['bind,shared', { bind: 'bind', propagation: 'shared' }],
    ['private,runbindable', { propagation: 'unbindable', isPropagationRecursive: true }],
    ['size=64k,mode=755,sync', { data: ['size=64k', 'mode=755', 'sync'] }],
    ['constructor,toString,rtoString', { data: ['constructor', 'toString', 'rtoString'] }],
    ['tmpcopyup', { copyUp: true }],
    ['idmap', { idMap: 'idmap' }],
    ['ridmap', { idMap: 'ridmap' }],
    ['nosymfollow', { set: ['nosymfollow'] }],
  ]
  it.each(rows)('%j', (options, result) => {
    expect(parseMountOptions(options.split(',').filter(Boolean))).toEqual({ ...none, ...result })
  })
})
