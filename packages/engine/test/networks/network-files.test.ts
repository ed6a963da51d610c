import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ContainerRecord } from '../../src/containers/container-record.ts'
import { writePeers } from '../../src/networks/network-files.ts'

let root = ''
let record: ContainerRecord
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ct-hosts-'))
  record = { hostsPath: join(root, 'hosts') } as ContainerRecord
  writeFileSync(record.hostsPath, '127.0.0.1\tlocalhost\n')
})
afterEach(() => rmSync(root, { recursive: true }))

const hosts = (): string => readFileSync(record.hostsPath, 'utf8')

describe('writePeers', () => {
  it('replaces the names of others and leaves what the container wrote', () => {
    writePeers(record, [{ address: '172.30.0.2', names: ['a', 'b'] }])
    expect(hosts()).toContain('172.30.0.2\ta b\n')
    writeFileSync(record.hostsPath, `${hosts()}192.0.2.1\town\n`)
    writePeers(record, [{ address: '172.30.0.3', names: ['c'] }])
    expect(hosts()).toBe('127.0.0.1\tlocalhost\n192.0.2.1\town\n# other containers\n172.30.0.3\tc\n# end of other containers\n')
    writePeers(record, [])
    expect(hosts()).toBe('127.0.0.1\tlocalhost\n192.0.2.1\town\n')
  })
})
