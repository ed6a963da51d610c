import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { detectCgroupLayout } from '../../src/cgroups/layout.ts'
import type { LinuxResources, Spec } from '../../src/index.ts'
import { TestRuntime } from '../test-runtime.ts'

const box = new TestRuntime()
afterAll(() => box[Symbol.asyncDispose]())

function withResources(resources: LinuxResources): (spec: Spec) => Spec {
  return (spec) => ({ ...spec, linux: { ...spec.linux, resources: { ...spec.linux?.resources, ...resources } } })
}

const { version } = detectCgroupLayout()
const mebibyte = 1024 * 1024

describe('limits', () => {
  it('memory beyond the limit kills, and the exit says so', async () => {
    const spec = box.spec(
      { args: ['dd', 'if=/dev/zero', 'of=/dev/null', 'bs=200M', 'count=1'] },
      withResources({ memory: { limit: 16 * mebibyte, swap: 16 * mebibyte } }),
    )
    expect(await box.finish(spec)).toMatchObject({ signal: 9, exitCode: 137, oomKilled: true })
  })

  it('the pids limit stops a fork bomb', async () => {
    const bomb = 'i=0; while [ $i -lt 50 ]; do sleep 5 & i=$((i+1)); done; cat /sys/fs/cgroup/pids/pids.current'
    const { output, exitCode } = await box.sh(`(${bomb}) 2>&1`, withResources({ pids: { limit: 10 } }))
    expect(output).toMatch(/can't fork/)
    expect(exitCode).not.toBe(0)
  })

  it('the processor quota holds within ten percent', async () => {
    const spec = box.spec({ args: ['sh', '-c', 'while :; do :; done'] }, withResources({ cpu: { quota: 20_000, period: 100_000 } }))
    await box.runtime.run('quota', { spec, rootfs: box.root.rootfs })
    const first = await box.runtime.stats('quota')
    await new Promise((resolve) => setTimeout(resolve, 3000))
    const second = await box.runtime.stats('quota')
    const share = (second.cpu.usageNs - first.cpu.usageNs) / Number(second.readAtNs - first.readAtNs)
    await box.runtime.delete('quota', { force: true })
    expect(share).toBeGreaterThan(0.1)
    expect(share).toBeLessThan(0.22)
    expect(second.cpu.throttledPeriods).toBeGreaterThan(0)
  })

  it.skipIf(version === 2)('shares, cpus and memory arrive in the kernel, and can be changed', async () => {
    const spec = box.spec({ args: ['sleep', '100'] }, withResources({ cpu: { shares: 512, cpus: '0' }, memory: { limit: 64 * mebibyte } }))
    const { cgroup } = await box.runtime.run('limits', { spec, rootfs: box.root.rootfs })
    const mounted = readdirSync('/sys/fs/cgroup') // some together, as `cpu,cpuacct`
    const nameOf = (controller: string) => mounted.find((name) => name.split(',').includes(controller))
    const read = (controller: string, file: string) => readFileSync(`/sys/fs/cgroup/${nameOf(controller)}${cgroup}/${file}`, 'utf8').trim()
    expect([read('cpu', 'cpu.shares'), read('cpuset', 'cpuset.cpus'), read('memory', 'memory.limit_in_bytes')]).toEqual([
      '512',
      '0',
      '67108864',
    ])
    await box.runtime.update('limits', { memory: { limit: 128 * mebibyte, swap: 256 * mebibyte }, pids: { limit: 33 } })
    await box.runtime.update('limits', { memory: { limit: 32 * mebibyte, swap: 64 * mebibyte } })
    expect([read('memory', 'memory.limit_in_bytes'), read('memory', 'memory.memsw.limit_in_bytes')]).toEqual(['33554432', '67108864'])
    const stats = await box.runtime.stats('limits')
    expect(stats).toMatchObject({ memory: { limitBytes: 32 * mebibyte }, pids: { current: 1, limit: 33 } })
    await box.runtime.delete('limits', { force: true })
  })

  it('processors can be assigned later, although the cgroup did not have the controller', async () => {
    const spec = box.spec({ args: ['sleep', '100'] })
    const { cgroup, pid } = await box.runtime.run('later', { spec, rootfs: box.root.rootfs })
    await box.runtime.update('later', { cpu: { cpus: '0' } })
    expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toMatch(/Cpus_allowed_list:\t0\n/)
    await box.runtime.delete('later', { force: true })
    expect(box.cgroupDirectories(cgroup)).toEqual([])
  })

  it('a device is usable only when its rule allows it', async () => {
    const devices = [{ type: 'c' as const, path: '/dev/kmsg', major: 1, minor: 11 }]
    const script = '(: > /dev/kmsg) 2>/dev/null && echo opened || echo refused'
    const add = (rules: LinuxResources['devices']) => (spec: Spec) => ({
      ...spec,
      linux: { ...spec.linux, devices, resources: { devices: rules } },
    })
    const deny = { allow: false, access: 'rwm' }
    expect((await box.sh(script, add([deny]))).output).toBe('refused\n')
    expect((await box.sh(script, add([deny, { allow: true, type: 'c', major: 1, minor: 11, access: 'w' }]))).output).toBe('opened\n')
    expect((await box.sh(script, add([{ allow: true, access: 'rwm' }]))).output).toBe('opened\n')
  })

  it('a limit that the kernel refuses leaves nothing behind', async () => {
    const spec = box.spec({ args: ['true'] }, withResources({ cpu: { cpus: '77' } }))
    await expect(box.runtime.run('refused', { spec, rootfs: box.root.rootfs })).rejects.toMatchObject({ code: 'RUNTIME_CGROUP_FAILED' })
    expect(box.cgroupDirectories(`/${box.cgroupParent}/refused`)).toEqual([])
    expect(await box.runtime.list()).toEqual([])
  })
})
