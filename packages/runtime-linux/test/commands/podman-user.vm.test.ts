import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { detectCgroupLayout } from '../../src/cgroups/layout.ts'
import { makeBusyboxRoot } from '../busybox-root.ts'

/** As it was built: the machine with systemd has no compiler. */
const CT_RUNC = fileURLToPath(new URL('../../dist/ct-runc.js', import.meta.url))
const UID = 1000
const SCOPES = `/sys/fs/cgroup/user.slice/user-${UID}.slice/user@${UID}.service/user.slice`
const hasPodman = existsSync('/bin/podman') && detectCgroupLayout().version === 2

describe.runIf(hasPodman)('a rootless Podman, which asks for systemd by itself', () => {
  const home = mkdtempSync('/tmp/ct-podman-')
  const runtime = `${home}/ct-runc`
  const rootfs = `${home}/rootfs`

  beforeAll(() => {
    using root = makeBusyboxRoot()
    cpSync(root.rootfs, rootfs, { recursive: true, verbatimSymlinks: true })
    writeFileSync(runtime, `#!/bin/sh\nexec ${process.execPath} ${CT_RUNC} "$@"\n`)
    chmodSync(runtime, 0o755)
    execFileSync('chown', ['-R', `${UID}:${UID}`, home])
    execFileSync('systemctl', ['start', `user@${UID}.service`])
  })
  afterAll(() => {
    execFileSync('systemctl', ['stop', `user@${UID}.service`])
    rmSync(home, { recursive: true, force: true })
  })

  const podman = (...words: string[]) => {
    const env = { PATH: '/bin', HOME: home, XDG_RUNTIME_DIR: `/run/user/${UID}`, TMPDIR: home }
    const global = ['--storage-driver', 'vfs', '--events-backend', 'file', '--runtime', runtime]
    const { status, stdout, stderr } = spawnSync('/bin/podman', [...global, ...words], {
      cwd: home,
      uid: UID,
      gid: UID,
      env,
      encoding: 'utf8',
    })
    return { status, stdout, stderr }
  }
  const scopes = () => readdirSync(SCOPES).filter((name) => /^libpod-[0-9a-f]+\.scope$/.test(name))

  it('runs a container in a scope of the user with its limits, executes in it and removes it', () => {
    const run = ['run', '--detach', '--name', 'box', '--network', 'none', '--memory', '64m', '--pids-limit', '20', '--rootfs', rootfs]
    expect(podman(...run, 'sleep', '100')).toMatchObject({ status: 0, stderr: '' })
    const [scope, ...others] = scopes()
    expect(others).toEqual([])
    expect(execFileSync('cat', [`${SCOPES}/${scope}/memory.max`, `${SCOPES}/${scope}/pids.max`], { encoding: 'utf8' })).toBe(
      `${64 * 1024 * 1024}\n20\n`,
    )
    expect(podman('exec', 'box', 'cat', '/proc/self/cgroup')).toEqual({ status: 0, stdout: '0::/\n', stderr: '' })
    expect(podman('rm', '--force', '--time', '0', 'box')).toMatchObject({ status: 0 })
    expect(scopes()).toEqual([])
  })
})
