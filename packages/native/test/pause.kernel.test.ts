import { readFileSync, readlinkSync } from 'node:fs'
import { expect, test } from 'vitest'
import { launch, launchExec, type Operation } from '../src/index.ts'
import { containerPlan, execPlan, output, Sandbox, stop } from './support/busybox.ts'

const pause: Operation = { op: 'pause' }

test('a launch goes on when its pause is over, and no sooner', async () => {
  using sandbox = new Sandbox()
  const plan = containerPlan(sandbox, ['cat', '/proc/sys/net/ipv4/ip_unprivileged_port_start'], {
    mounts: [pause],
    late: [pause, { op: 'sysctl', path: 'net/ipv4/ip_unprivileged_port_start', value: '81' }],
  })
  const seen: string[] = []
  const supervisor = await launch(plan, {
    onPause: async (pid) => {
      seen.push(
        readlinkSync(`/proc/${pid}/root`),
        readFileSync(`/proc/${pid}/mounts`, 'utf8').includes(`${sandbox.rootfs}/dev/shm`) ? 'host' : 'in',
      )
      return undefined
    },
  })
  await supervisor.wait()
  expect(seen).toEqual(['/', 'host', '/', 'in'])
  expect(output(sandbox)).toBe('81\n')
})

test('a process can join the namespaces of one that pauses, before it has entered its root', async () => {
  using sandbox = new Sandbox()
  const supervisor = await launch(containerPlan(sandbox, ['true'], { mounts: [pause] }), {
    onPause: async (pid) => {
      const joined = await launchExec(
        execPlan(sandbox, pid, ['/bin/sh', '-c', `ls -d ${sandbox.rootfs}; grep -c ${sandbox.rootfs}/dev/shm /proc/mounts`]),
      )
      await joined.wait()
      return undefined
    },
  })
  expect(await supervisor.wait()).toMatchObject({ exitCode: 0 })
  expect(output(sandbox, 'exec')).toBe(`${sandbox.rootfs}\n1\n`)
})

test('a pause that fails ends the launch with its own error, and nothing is left', async () => {
  using sandbox = new Sandbox()
  const reason = new Error('no network')
  let paused = 0
  const onPause = async (pid: number): Promise<undefined> => {
    paused = pid
    throw reason
  }
  await expect(launch(containerPlan(sandbox, ['true'], { mounts: [pause] }), { onPause })).rejects.toBe(reason)
  await expect.poll(() => status(paused)).toBe('gone')
})

test('a process that is only held holds its namespaces, takes note of orphans, and ends when it is released', async () => {
  using sandbox = new Sandbox()
  const plan = containerPlan(sandbox, [])
  const supervisor = await launch({ ...plan, operations: [...plan.operations.slice(0, -1), { op: 'reap' }, { op: 'hold' }] })
  const orphan = await launchExec(
    execPlan(sandbox, supervisor.pid, ['sh', '-c', '(sleep 0.1 &); sleep 0.5; cat /proc/[0-9]*/status | grep -c "^State:.Z"']),
  )
  await orphan.wait()
  expect(output(sandbox, 'exec')).toBe('0\n')
  await stop(supervisor)
})

test('id-mapped binds show their files as those of others', async () => {
  using sandbox = new Sandbox()
  const plan = containerPlan(sandbox, [])
  const mapping = [
    { containerId: 0, hostId: 0, size: 1 },
    { containerId: 1, hostId: 7000, size: 10 },
  ]
  const holder = await launch({
    ...plan,
    supervisor: sandbox.supervisor('holder'),
    namespaces: [{ type: 'user' }],
    uidMappings: mapping.map((line) => ({ ...line, containerId: line.hostId, hostId: line.containerId === 0 ? 500 : 7000 })),
    gidMappings: mapping,
    operations: [{ op: 'hold' }],
  })
  const bind: Operation = {
    op: 'bind',
    source: `${sandbox.rootfs}/etc`,
    target: '/tmp',
    recursive: false,
    attributes: { set: ['rdonly'] },
    missing: 'directory',
    userNamespace: `/proc/${holder.pid}/ns/user`,
  }
  const supervisor = await launch(
    containerPlan(sandbox, ['sh', '-c', 'stat -c %u /etc/passwd /tmp/passwd; touch /tmp/x'], { mounts: [bind] }),
  )
  await supervisor.wait()
  expect(output(sandbox)).toBe('0\n500\ntouch: /tmp/x: Read-only file system\n')
  await stop(holder)
})

function status(pid: number): string {
  try {
    return /^State:\t(\S)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? ''
  } catch {
    return 'gone'
  }
}
