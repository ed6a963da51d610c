import { describe, expect, it } from 'vitest'
import { createBody } from '../../src/create/create-body.ts'
import { CREATE_FLAGS } from '../../src/create/create-flags.table.ts'
import { parseFlags } from '../../src/parser/parse-flags.ts'

async function bodyOf(line: string, detach = false): Promise<unknown> {
  const { flags, args } = parseFlags(line.split(' '), { flags: CREATE_FLAGS, stopsAtPositional: true })
  const [image = '', ...command] = args
  return createBody({ flags, image, command, detach, env: { SHELL: '/bin/sh' } })
}

const ATTACHED = { AttachStdout: true, AttachStderr: true }

describe('createBody', () => {
  it.each([
    ['debian', { Image: 'debian', ...ATTACHED }],
    ['debian ls -l', { Image: 'debian', Cmd: ['ls', '-l'], ...ATTACHED }],
    ['-it debian', { Image: 'debian', Tty: true, OpenStdin: true, StdinOnce: true, AttachStdin: true, ...ATTACHED }],
    ['-a stdout debian', { Image: 'debian', AttachStdout: true }],
    ['--entrypoint= debian', { Image: 'debian', Entrypoint: [''], ...ATTACHED }],
    ['-e A=1 -e SHELL -u 1:2 -w /x -h box debian', { Env: ['A=1', 'SHELL=/bin/sh'], User: '1:2', WorkingDir: '/x', Hostname: 'box' }],
    ['-l a=1 --label b --stop-signal INT --stop-timeout 3 debian', { Labels: { a: '1', b: '' }, StopSignal: 'INT', StopTimeout: 3 }],
    ['-v /anon debian', { Volumes: { '/anon': {} } }],
  ])('%s', async (line, expected) => {
    expect(await bodyOf(line)).toMatchObject(expected)
  })

  it.each([
    ['debian', undefined],
    ['--rm --privileged --read-only debian', { AutoRemove: true, Privileged: true, ReadonlyRootfs: true }],
    [
      '-m 64m --memory-swap -1 --cpus 0.5 --cpu-shares 2 debian',
      { Memory: 67_108_864, MemorySwap: -1, NanoCpus: 500_000_000, CpuShares: 2 },
    ],
    ['--pids-limit 10 --cpuset-cpus 0,1 --oom-score-adj -5 debian', { PidsLimit: 10, CpusetCpus: '0,1', OomScoreAdj: -5 }],
    ['--net none --pid host --ipc host --uts host debian', { NetworkMode: 'none', PidMode: 'host', IpcMode: 'host', UTSMode: 'host' }],
    [
      '--cap-add ALL --cap-drop NET_RAW --security-opt no-new-privileges debian',
      { CapAdd: ['ALL'], CapDrop: ['NET_RAW'], SecurityOpt: ['no-new-privileges'] },
    ],
    [
      '--sysctl a.b=1 --shm-size 1m --ulimit nofile=5 debian',
      { Sysctls: { 'a.b': '1' }, ShmSize: 1_048_576, Ulimits: [{ Name: 'nofile', Soft: 5, Hard: 5 }] },
    ],
    [
      '--restart on-failure:2 --add-host x:1.2.3.4 --dns 9.9.9.9 debian',
      { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 2 }, ExtraHosts: ['x:1.2.3.4'], Dns: ['9.9.9.9'] },
    ],
    [
      '-v /a:/b --tmpfs /t -p 80:80 -P debian',
      { Binds: ['/a:/b'], Tmpfs: { '/t': '' }, PublishAllPorts: true, PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '80' }] } },
    ],
    ['--log-driver none --log-opt a=b debian', { LogConfig: { Type: 'none', Config: { a: 'b' } } }],
  ])('host part of %s', async (line, expected) => {
    const { HostConfig } = (await bodyOf(line)) as { readonly HostConfig?: unknown }
    expect(HostConfig).toEqual(expected)
  })

  it('joins networks by address and alias', async () => {
    expect(await bodyOf('--network front --ip 10.0.0.9 --network-alias web debian')).toMatchObject({
      HostConfig: { NetworkMode: 'front' },
      NetworkingConfig: { EndpointsConfig: { front: { Aliases: ['web'], IPAMConfig: { IPv4Address: '10.0.0.9' } } } },
    })
  })

  it('attaches nothing when detached', async () => {
    const body = await bodyOf('-i debian', true)
    expect(body).toMatchObject({ OpenStdin: true })
    expect(body).not.toHaveProperty('AttachStdout')
    expect(body).not.toHaveProperty('StdinOnce')
  })

  it('sends the text of a seccomp profile', async () => {
    expect(await bodyOf('--security-opt seccomp=/dev/null debian')).toMatchObject({ HostConfig: { SecurityOpt: ['seccomp='] } })
    await expect(bodyOf('--security-opt seccomp=/no/such debian')).rejects.toMatchObject({ code: 'CLI_BAD_FLAG', exitCode: 125 })
  })

  it.each(['-m lots debian', '--cpus many debian', '--pids-limit 1.5 debian', '-a stdnone debian', '--label =x debian'])(
    'refuses %s',
    async (line) => {
      await expect(bodyOf(line)).rejects.toMatchObject({ code: 'CLI_BAD_FLAG', exitCode: 125 })
    },
  )
})
