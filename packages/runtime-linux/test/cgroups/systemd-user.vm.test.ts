import { execFileSync, spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { detectCgroupLayout } from '../../src/cgroups/layout.ts'
import type { LinuxResources, Spec } from '../../src/index.ts'
import { makeBusyboxRoot } from '../busybox-root.ts'

/** As it was built: the machine with systemd has no compiler. */
const CT_RUNC = fileURLToPath(new URL('../../dist/ct-runc.js', import.meta.url))
const UID = 1000
const RUNTIME_DIRECTORY = `/run/user/${UID}`
const MANAGER = `/user.slice/user-${UID}.slice/user@${UID}.service`
const MIB = 1024 * 1024

describe.runIf(detectCgroupLayout().version === 2)('a container of a user without root', () => {
  const root = makeBusyboxRoot()
  const bundle = `${root.directory}/bundle`
  const config = `${bundle}/config.json`

  beforeAll(() => {
    mkdirSync(bundle)
    chownSync(bundle, UID, UID)
    execFileSync('systemctl', ['start', `user@${UID}.service`])
  })
  afterAll(() => {
    execFileSync('systemctl', ['stop', `user@${UID}.service`])
    root[Symbol.dispose]()
  })

  const env = { PATH: process.env.PATH, XDG_RUNTIME_DIR: RUNTIME_DIRECTORY }
  const asUser = (argv: readonly string[], { stdio = 'pipe', ...more }: { stdio?: 'pipe' | 'ignore'; env?: NodeJS.ProcessEnv } = {}) => {
    const [program = '', ...words] = argv
    const options = { cwd: bundle, uid: UID, gid: UID, env, encoding: 'utf8', ...more } as const
    const { status, stdout, stderr } = spawnSync(program, words, { ...options, stdio: ['ignore', stdio, stdio] })
    return { status, stdout, stderr }
  }
  const ctRunc = (...words: string[]) => [process.execPath, CT_RUNC, '--systemd-cgroup', ...words]
  const systemctl = (...words: string[]) => asUser(['systemctl', '--user', ...words], {}).stdout?.trim()
  const prepare = (script: string, { resources, cgroupsPath }: { resources?: LinuxResources; cgroupsPath?: string } = {}) => {
    if (!existsSync(config)) expect(asUser(ctRunc('spec', '--rootless'))).toMatchObject({ status: 0 })
    const spec: Spec = JSON.parse(readFileSync(config, 'utf8'))
    const namespaces = spec.linux?.namespaces?.filter(({ type }) => type !== 'cgroup')
    const changed = {
      ...spec,
      root: { ...spec.root, path: root.rootfs },
      process: { ...spec.process, args: ['sh', '-c', script], terminal: false },
      linux: { ...spec.linux, namespaces, resources: resources ?? {}, cgroupsPath },
    }
    writeFileSync(config, JSON.stringify(changed))
  }
  const directoryOf = (unit: string, slice = 'user.slice') => `/sys/fs/cgroup${MANAGER}/${slice}/${unit}`

  it('is in a scope of their own manager, in user.slice, also when they come from elsewhere', () => {
    prepare('cat /proc/self/cgroup')
    const unit = 'ct-runc-told.scope'
    expect(asUser(ctRunc('run', 'told'))).toEqual({ status: 0, stdout: `0::${MANAGER}/user.slice/${unit}\n`, stderr: '' })
    expect(existsSync(directoryOf(unit))).toBe(false)
    expect(systemctl('list-units', '--all', '--plain', '--no-legend', 'ct-*.scope')).toBe('')
  })

  it('has the limits that are delegated, as properties and as files, and those of an update', () => {
    prepare('sleep 100', { resources: { memory: { limit: 64 * MIB }, pids: { limit: 10 } }, cgroupsPath: 'ct.slice:libpod:limited' })
    const unit = 'libpod-limited.scope'
    const file = (name: string) => readFileSync(`${directoryOf(unit, 'ct.slice')}/${name}`, 'utf8').trim()
    expect(asUser(ctRunc('run', '--detach', 'limited'), { stdio: 'ignore' }).status).toBe(0)
    expect(systemctl('show', unit, '-p', 'MemoryMax', '-p', 'TasksMax', '-p', 'Delegate')).toBe(
      `Delegate=yes\nMemoryMax=${64 * MIB}\nTasksMax=10`,
    )
    expect([file('memory.max'), file('pids.max')]).toEqual([String(64 * MIB), '10'])
    expect(asUser(ctRunc('update', '--pids-limit', '20', 'limited'))).toMatchObject({ status: 0, stderr: '' })
    systemctl('daemon-reload')
    expect([file('pids.max'), systemctl('show', unit, '-p', 'TasksMax')]).toEqual(['20', 'TasksMax=20'])
    expect(asUser(ctRunc('exec', 'limited', 'cat', '/proc/self/cgroup'))).toEqual({
      status: 0,
      stdout: `0::${MANAGER}/ct.slice/${unit}\n`,
      stderr: '',
    })
    expect(asUser(ctRunc('pause', 'limited'))).toMatchObject({ status: 0, stderr: '' })
    expect(file('cgroup.events')).toContain('frozen 1')
    expect(asUser(ctRunc('resume', 'limited'))).toMatchObject({ status: 0, stderr: '' })
    expect(asUser(ctRunc('delete', '--force', 'limited'))).toMatchObject({ status: 0, stderr: '' })
    expect(existsSync(directoryOf(unit, 'ct.slice'))).toBe(false)
  })

  it('is refused a limit whose controller is not delegated, by name, and leaves nothing', () => {
    prepare('true', { resources: { cpu: { cpus: '0' } } })
    const refused = asUser(ctRunc('run', 'refused'))
    expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining('controller cpuset is not delegated to this user') })
    expect(existsSync(directoryOf('ct-runc-refused.scope'))).toBe(false)
  })

  it('starts also for one who is root in a user namespace, as engines without root are', () => {
    prepare('cat /proc/self/cgroup')
    const inNamespace = ['unshare', '-U', '-r', ...ctRunc('run', 'mapped')]
    const unit = 'ct-runc-mapped.scope'
    const spec = JSON.parse(readFileSync(config, 'utf8'))
    spec.linux.namespaces = spec.linux.namespaces.filter(({ type }: { type: string }) => type !== 'user')
    spec.linux.uidMappings = undefined
    spec.linux.gidMappings = undefined
    writeFileSync(config, JSON.stringify(spec))
    expect(asUser(inNamespace)).toEqual({ status: 0, stdout: `0::${MANAGER}/user.slice/${unit}\n`, stderr: '' })
    expect(existsSync(directoryOf(unit))).toBe(false)
    rmSync(config) // what the others start has a user namespace of its own
  })

  it('is refused, with a reason, where no manager of the user runs', () => {
    prepare('true')
    const elsewhere = { env: { ...env, DBUS_SESSION_BUS_ADDRESS: 'unix:path=/none/bus' } }
    const refused = expect.stringContaining('systemd does not run for this user: /none/bus')
    expect(asUser(ctRunc('run', 'nobody'), elsewhere)).toMatchObject({ status: 1, stderr: refused })
    expect(asUser(ctRunc('state', 'nobody'))).toMatchObject({ status: 1 })
  })

  it('can be deleted when their manager has ended, and the container with it', () => {
    prepare('sleep 100')
    expect(asUser(ctRunc('run', '--detach', 'left'), { stdio: 'ignore' }).status).toBe(0)
    execFileSync('systemctl', ['stop', `user@${UID}.service`])
    expect(existsSync(directoryOf('ct-runc-left.scope'))).toBe(false)
    expect(asUser(ctRunc('delete', 'left'))).toEqual({ status: 0, stdout: '', stderr: '' })
  })
})
