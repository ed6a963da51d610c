import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { havePeers } from '../src/peers.ts'
import { Stage } from '../src/stage.ts'

/** Docker's default capabilities as a mask, see capabilities(7). */
const DOCKER_CAPABILITIES = '00000000a80425fb'

interface Inspected {
  readonly State: { readonly ExitCode: number; readonly OOMKilled: boolean }
}

describe.skipIf(!havePeers('python3'))('isolation, as the kernel says it', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await Stage.withTools('isolation')
  })
  afterAll(() => stage[Symbol.asyncDispose]())

  const inside = (script: string, ...flags: readonly string[]): Promise<string> =>
    stage.ct.output(['run', '--rm', '--network', 'none', ...flags, 'tools', 'sh', '-c', script])

  it('is process 1 among its own only', async () => {
    expect((await inside('ls -d /proc/[0-9]*')).match(/\d+/g)).toContain('1')
    expect((await inside('ls -d /proc/[0-9]* | wc -l')).trim()).toMatch(/^[234]$/)
  })

  it('has its own mounts, hostname, IPC and network', async () => {
    expect(await inside('cat /proc/self/mountinfo')).not.toContain(stage.directory.concat('/run'))
    expect((await inside('hostname')).trim()).toMatch(/^[0-9a-f]{12}$/)
    expect((await inside('hostname')).trim()).not.toBe(hostname())
    expect((await inside('cat /proc/sysvipc/shm')).trim().split('\n')).toHaveLength(1)
    expect((await inside('cat /proc/net/dev')).match(/^\s*\w+:/gm)?.map((name) => name.trim())).toEqual(['lo:'])
  })

  it.each(['pid', 'mnt', 'uts', 'ipc', 'net', 'cgroup'])('has a %s namespace other than ours', async (namespace) => {
    expect((await inside(`readlink /proc/self/ns/${namespace}`)).trim()).not.toBe(readlinkSync(`/proc/self/ns/${namespace}`))
  })

  it("has docker's default capabilities, a seccomp filter, and no new privileges when asked", async () => {
    const status = await inside('cat /proc/self/status')
    expect(status).toContain(`CapEff:\t${DOCKER_CAPABILITIES}`)
    expect(status).toContain(`CapBnd:\t${DOCKER_CAPABILITIES}`)
    expect(status).toMatch(/Seccomp:\t2/)
    expect(await inside('cat /proc/self/status', '--security-opt', 'no-new-privileges')).toMatch(/NoNewPrivs:\t1/)
  })

  it.each([
    ['/proc/sys', 'echo x >/proc/sys/kernel/hostname'],
    ['/sys', 'mkdir /sys/kernel/x'],
    ['/proc/sysrq-trigger', 'echo b >/proc/sysrq-trigger'],
    ['/proc/kcore, which is masked', 'head -c1 /proc/kcore | grep .'],
    ['mount', 'mount -t tmpfs none /mnt'],
    ['a device node of the disk', 'cat /dev/vda'],
  ])('refuses to write or reach %s', async (_what, script) => {
    const { exitCode } = await stage.ct.run(['run', '--rm', '--network', 'none', 'tools', 'sh', '-c', script])
    expect(exitCode).not.toBe(0)
  })

  it('kills what takes more memory than the limit: 137 and OOMKilled', async () => {
    const { exitCode } = await stage.ct.run(['run', '--name', 'hog', '--network', 'none', '-m', '32m', 'tools', 'tail', '/dev/zero'])
    expect(exitCode).toBe(137)
    const [{ State }] = JSON.parse(await stage.ct.output(['inspect', 'hog'])) as [Inspected]
    expect(State).toMatchObject({ ExitCode: 137, OOMKilled: true })
  })

  it('stops a fork bomb at the limit of processes', async () => {
    const said = await stage.ct.run(
      ['run', '--rm', '--network', 'none', '--pids-limit', '20', 'tools', 'bash', '-c', 'for i in $(seq 50); do sleep 2 & done; wait'],
      { timeoutMs: 60_000 },
    )
    expect(said.stderr).toMatch(/fork: .*Resource temporarily unavailable/)
  })

  it('keeps a processor quota within 10 percent', async () => {
    const burn = 'end=$(( $(date +%s) + 4 )); while [ $(date +%s) -lt $end ]; do i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; done'
    await stage.ct.output(['run', '-d', '--name', 'burner', '--network', 'none', '--cpus', '0.3', 'tools', 'sh', '-c', `${burn}; sleep 30`])
    const first = await cpuUsage('burner')
    const began = process.hrtime.bigint()
    await new Promise((resolve) => setTimeout(resolve, 3000))
    const used = (await cpuUsage('burner')) - first
    const share = used / Number(process.hrtime.bigint() - began)
    expect(share).toBeGreaterThan(0.25)
    expect(share).toBeLessThan(0.33)
    await stage.ct.output(['rm', '-f', 'burner'])
  })

  const cpuUsage = async (name: string): Promise<number> => {
    const [{ State }] = JSON.parse(await stage.ct.output(['inspect', name])) as [{ State: { Pid: number } }]
    const cgroup = /^\d+:cpuacct:(.*)$/m.exec(readFileSync(`/proc/${State.Pid}/cgroup`, 'utf8'))?.[1]
    return Number(readFileSync(`/sys/fs/cgroup/cpuacct${cgroup}/cpuacct.usage`, 'utf8'))
  }
})
