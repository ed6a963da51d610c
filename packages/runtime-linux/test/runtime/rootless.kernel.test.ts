import { spawnSync } from 'node:child_process'
import { appendFileSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { detectCgroupLayout } from '../../src/cgroups/layout.ts'
import { makeBusyboxRoot } from '../busybox-root.ts'
import { buildCtRunc } from '../ct-runc-program.ts'

const root = makeBusyboxRoot()
const { directory, rootfs } = root
const program = `${directory}/program`
const cgroup = `ct-rootless-${process.pid}`
const { hierarchies: layout, version } = detectCgroupLayout()
const hierarchies = layout.map(({ mountPoint }) => mountPoint)
/** The tree of version 2, which the hybrid layout has beside the others. */
const tree = version === 2 ? '/sys/fs/cgroup' : '/sys/fs/cgroup/unified'

/** Two users of the machine for the time of these tests: one with subordinate ids, one without. */
const users = { ranges: 61_815, single: 61_816 }
const RANGE = { first: 1_615_000, count: 1000 }
const LINES: Readonly<Record<string, readonly string[]>> = {
  '/etc/passwd': Object.entries(users).map(([name, id]) => `ct-test-${name}:x:${id}:${id}::/nonexistent:/bin/sh`),
  '/etc/subuid': [`ct-test-ranges:${RANGE.first}:${RANGE.count}`],
  '/etc/subgid': [`ct-test-ranges:${RANGE.first}:${RANGE.count}`],
}

beforeAll(async () => {
  await buildCtRunc(`${program}/ct-runc.js`)
  for (const [file, lines] of Object.entries(LINES)) appendFileSync(file, `${lines.join('\n')}\n`)
  for (const [name, id] of Object.entries(users)) {
    for (const path of [name, `${name}/run`, `${name}/bundle`]) {
      mkdirSync(`${directory}/${path}`)
      chownSync(`${directory}/${path}`, id, id)
    }
  }
})

afterAll(() => {
  for (const [file, lines] of Object.entries(LINES)) {
    const kept = readFileSync(file, 'utf8').split('\n')
    writeFileSync(file, kept.filter((line) => !lines.includes(line)).join('\n'))
  }
  for (const mountPoint of new Set([...hierarchies, tree])) if (existsSync(`${mountPoint}/${cgroup}`)) rmdirSync(`${mountPoint}/${cgroup}`)
  root[Symbol.dispose]()
})

type User = keyof typeof users

/** What a program of a user has, in their bundle directory. */
function options(user: User) {
  const env = { PATH: process.env.PATH, XDG_RUNTIME_DIR: `${directory}/${user}/run` }
  return { cwd: `${directory}/${user}/bundle`, uid: users[user], gid: users[user], env, encoding: 'utf8' } as const
}

/** Runs Node as a user. */
function asUser(user: User, ...argv: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { ...options(user), stdio: ['ignore', 'pipe', 'pipe'] })
  return { status, stdout, stderr }
}

/** Runs ct-runc as a user without stdio that a container could keep open. */
function detached(user: User, ...argv: string[]): number | null {
  return spawnSync(process.execPath, [`${program}/ct-runc.js`, ...argv], { ...options(user), stdio: 'ignore' }).status
}

const ctRunc = (user: User, ...argv: string[]) => asUser(user, `${program}/ct-runc.js`, ...argv)

/** The bundle that `ct-runc spec --rootless` makes, with another program. */
function bundle(user: User, script: string): void {
  const config = `${directory}/${user}/bundle/config.json`
  if (!existsSync(config)) expect(ctRunc(user, 'spec', '--rootless')).toEqual({ status: 0, stdout: '', stderr: '' })
  const spec = JSON.parse(readFileSync(config, 'utf8'))
  spec.root.path = rootfs
  spec.process = { ...spec.process, args: ['sh', '-c', script], terminal: false }
  writeFileSync(config, JSON.stringify(spec))
}

const hasPrograms = existsSync('/usr/bin/newuidmap')
const both: readonly User[] = hasPrograms ? ['ranges', 'single'] : ['single']

describe.each(both)('a user with ids: %s', (user) => {
  it('runs the bundle of ct-runc spec --rootless, as root of a namespace, and is told that there is no cgroup', () => {
    bundle(user, 'id -u; while read -r inside outside count; do echo $inside $outside $count; done < /proc/self/uid_map; exit 7')
    const { status, stdout, stderr } = ctRunc(user, 'run', 'one')
    const lines = [`0 ${users[user]} 1`, ...(user === 'ranges' ? [`1 ${RANGE.first} ${RANGE.count}`] : [])]
    expect({ status, stdout }).toEqual({ status: 7, stdout: `0\n${lines.join('\n')}\n` })
    expect(stderr).toMatch(
      /^ct-runc: warning: no cgroup is delegated to this user at \/.*\/one: there are no limits, statistics or pause\n$/,
    )
    expect(ctRunc(user, 'list', '-q').stdout).toBe('')
  })

  it('cannot change the cgroups of the host by its /sys', () => {
    bundle(user, 'grep " /sys" /proc/self/mountinfo | cut -d" " -f6 | cut -d, -f1 | sort -u')
    expect(ctRunc(user, '--log', '/dev/null', 'run', 'sys')).toEqual({ status: 0, stdout: 'ro\n', stderr: '' })
  })

  it('creates, starts, looks into, executes in and deletes a container', () => {
    bundle(user, 'exec sleep 100')
    const quiet = ['--log', `${directory}/${user}/log`]
    expect(detached(user, ...quiet, 'create', '--pid-file', `${directory}/${user}/run/pid`, 'life')).toBe(0)
    const pid = Number(readFileSync(`${directory}/${user}/run/pid`, 'utf8'))
    expect(statSync(`/proc/${pid}`).uid).toBe(users[user])
    expect(ctRunc(user, ...quiet, 'start', 'life')).toEqual({ status: 0, stdout: '', stderr: '' })
    expect(ctRunc(user, ...quiet, 'exec', 'life', 'id', '-u')).toEqual({ status: 0, stdout: '0\n', stderr: '' })
    expect(JSON.parse(ctRunc(user, 'state', 'life').stdout)).toMatchObject({ status: 'running', owner: `ct-test-${user}` })
    expect(JSON.parse(ctRunc(user, 'ps', '--format', 'json', 'life').stdout)).toEqual([pid])
    expect(ctRunc(user, 'pause', 'life')).toMatchObject({ status: 1, stderr: expect.stringContaining('freezer') })
    expect(ctRunc(user, 'delete', '--force', 'life')).toEqual({ status: 0, stdout: '', stderr: '' })
    expect(existsSync(`/proc/${pid}/exe`)).toBe(false)
  })

  it('starts a container from TypeScript, on an overlay that only it sees', () => {
    const script = `
      import { cpSync, mkdirSync, readFileSync } from 'node:fs'
      import { createRuntime, defaultSpec, rootlessSpec } from '${program}/index.js'
      const [directory, image] = process.argv.slice(2)
      const lower = directory + '/lower'
      cpSync(image, lower, { recursive: true, verbatimSymlinks: true })
      for (const name of ['upper', 'work', 'merged']) mkdirSync(directory + '/' + name)
      const warnings = []
      const runtime = createRuntime({ stateDirectory: directory + '/state', onWarning: ({ message }) => warnings.push(message) })
      const options = ['lowerdir=' + lower, 'upperdir=' + directory + '/upper', 'workdir=' + directory + '/work', 'userxattr']
      const spec = rootlessSpec(defaultSpec({ args: ['sh', '-c', 'echo made > /tmp/made; rm /etc/not-executable; id -u'], hostname: 'box' }))
      const bundle = { spec, rootfs: directory + '/merged', mounts: [{ type: 'overlay', source: 'overlay', options }] }
      const { supervisor } = await runtime.run('typed', bundle, { io: { logPath: directory + '/log' } })
      const { exitCode } = await supervisor.wait()
      await runtime.delete('typed')
      console.log(JSON.stringify({ exitCode, log: readFileSync(directory + '/log', 'utf8').slice(0, 14), warned: warnings.length }))
    `
    const file = `${directory}/${user}/script.mjs`
    writeFileSync(file, script)
    const home = `${directory}/${user}/run`
    const { stdout, stderr } = asUser(user, file, home, rootfs)
    expect({ stdout: stdout && JSON.parse(stdout), stderr }).toEqual({
      stdout: { exitCode: 0, log: '{"log":"0\\n","', warned: 1 },
      stderr: '',
    })
    expect(readdirSync(`${home}/upper`).sort()).toEqual(['etc', 'tmp'])
    expect(existsSync(`${home}/lower/etc/not-executable`)).toBe(true)
    expect(existsSync(`${home}/lower/tmp/made`)).toBe(false)
  })
})

it.runIf(hasPrograms)('other users of a container are of the range outside', () => {
  bundle('ranges', 'exec sleep 100')
  expect(detached('ranges', 'run', '--detach', '--pid-file', `${directory}/ranges/run/pid`, 'other')).toBe(0)
  expect(
    ctRunc('ranges', 'exec', '--user', '5:6', 'other', 'sh', '-c', 'echo > /dev/shm/five; busybox stat -c %u:%g /dev/shm/five').stdout,
  ).toBe('5:6\n')
  const pid = readFileSync(`${directory}/ranges/run/pid`, 'utf8')
  expect(statSync(`/proc/${pid}/root/dev/shm/five`)).toMatchObject({ uid: RANGE.first + 4, gid: RANGE.first + 5 })
  expect(ctRunc('ranges', 'delete', '--force', 'other').status).toBe(0)
})

/** Gives the user without more ids a cgroup. */
function delegate(mountPoint: string): void {
  mkdirSync(`${mountPoint}/${cgroup}`)
  const files = readdirSync(`${mountPoint}/${cgroup}`).filter((name) => /^(cgroup\.procs|cgroup\.subtree_control|tasks)$/.test(name))
  for (const name of ['', ...files]) chownSync(`${mountPoint}/${cgroup}/${name}`, users.single, users.single)
}

describe('where cgroups are delegated to a user', () => {
  it.skipIf(version === 2)('limits hold, and a container can be paused', () => {
    for (const mountPoint of hierarchies) delegate(mountPoint)
    bundle('single', 'exec sleep 100')
    const config = `${directory}/single/bundle/config.json`
    const spec = JSON.parse(readFileSync(config, 'utf8'))
    spec.linux.resources = { pids: { limit: 17 }, memory: { limit: 64 << 20 } }
    writeFileSync(config, JSON.stringify(spec))
    expect(detached('single', '--cgroup-parent', cgroup, 'run', '--detach', 'held')).toBe(0)
    const pids = hierarchies.map((mountPoint) => `${mountPoint}/${cgroup}/held/pids.max`).find((path) => existsSync(path))
    expect(pids && readFileSync(pids, 'utf8')).toBe('17\n')
    for (const command of ['pause', 'resume'])
      expect(ctRunc('single', '--cgroup-parent', cgroup, command, 'held')).toEqual({ status: 0, stdout: '', stderr: '' })
    expect(ctRunc('single', '--cgroup-parent', cgroup, 'delete', '--force', 'held')).toEqual({ status: 0, stdout: '', stderr: '' })
    spec.linux.resources = { pids: { limit: 17 } }
    writeFileSync(config, JSON.stringify(spec))
    const refused = ctRunc('single', '--cgroup-parent', 'not-delegated', '--log', '/dev/null', 'run', 'refused')
    expect(refused).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('the cgroup controller pids is not delegated to this user'),
    })
  })

  it.runIf(existsSync(tree))('containers are below the cgroup of version 2 that the user is in', () => {
    delegate(tree)
    bundle('single', 'exec sleep 100')
    const config = `${directory}/single/bundle/config.json`
    const { linux, ...spec } = JSON.parse(readFileSync(config, 'utf8'))
    writeFileSync(config, JSON.stringify({ ...spec, linux: { ...linux, resources: undefined } }))
    // In a mount namespace that has only version 2, from which the user's program starts in its cgroup.
    const enter = `mount -t cgroup2 none /sys/fs/cgroup && echo $$ > /sys/fs/cgroup/${cgroup}/cgroup.procs && exec "$@"`
    const drop = ['setpriv', '--reuid', String(users.single), '--regid', String(users.single), '--clear-groups']
    const { cwd, env } = options('single')
    const inV2 = (...argv: string[]) =>
      spawnSync('unshare', ['-m', 'sh', '-c', enter, 'sh', ...drop, process.execPath, `${program}/ct-runc.js`, ...argv], {
        cwd,
        env,
        encoding: 'utf8',
        stdio: ['ignore', 'ignore', argv.includes('--detach') ? 'ignore' : 'pipe'],
      })
    expect(inV2('run', '--detach', '--pid-file', `${directory}/single/run/pid`, 'below').status).toBe(0)
    expect(readFileSync(`${tree}/${cgroup}/below/cgroup.procs`, 'utf8')).toBe(`${readFileSync(`${directory}/single/run/pid`, 'utf8')}\n`)
    expect(inV2('pause', 'below')).toMatchObject({ status: 0, stderr: '' })
    expect(readFileSync(`${tree}/${cgroup}/below/cgroup.events`, 'utf8')).toContain('frozen 1')
    expect(inV2('resume', 'below')).toMatchObject({ status: 0, stderr: '' })
    expect(inV2('delete', '--force', 'below')).toMatchObject({ status: 0, stderr: '' })
    expect(existsSync(`${tree}/${cgroup}/below`)).toBe(false)
  })
})
