import { existsSync, mkdirSync, rmdirSync, statfsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { attachDeviceProgram } from '../src/index.ts'

const CGROUP2_MAGIC = 0x63677270
const tree = ['/sys/fs/cgroup/unified', '/sys/fs/cgroup'].find((path) => (existsSync(path) ? statfsSync(path).type : 0) === CGROUP2_MAGIC)
/** `r0 = 1; exit`, and what the kernel does not take: no end. */
const ALLOW = Buffer.from('b4000000010000009500000000000000', 'hex')
const ENDLESS = Buffer.from('b400000001000000', 'hex')

describe('attachDeviceProgram', () => {
  it('says which errno the kernel gave', async () => {
    await expect(attachDeviceProgram('/no/such', ALLOW)).rejects.toMatchObject({ code: 'NATIVE_DEVICES_FAILED', errno: 'ENOENT' })
  })

  it.skipIf(tree === undefined)('takes a program for a cgroup of version 2, another in its place, and none that is wrong', async () => {
    const directory = `${tree}/ct-test-devices-${process.pid}`
    mkdirSync(directory)
    try {
      await attachDeviceProgram(directory, ALLOW)
      await attachDeviceProgram(directory, ALLOW)
      await expect(attachDeviceProgram(directory, ENDLESS)).rejects.toMatchObject({ code: 'NATIVE_DEVICES_FAILED', errno: 'EINVAL' })
    } finally {
      rmdirSync(directory)
    }
  })
})
