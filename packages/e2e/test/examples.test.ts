import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { run } from '../src/command.ts'

const examples = fileURLToPath(new URL('../../../examples/', import.meta.url))

describe.skipIf(process.getuid?.() !== 0)('examples', () => {
  it.each(readdirSync(examples).sort())('%s runs, and finds its own result right', async (name) => {
    const { exitCode, stdout, stderr } = await run([process.execPath, 'dist/main.js'], { cwd: join(examples, name) })
    expect({ exitCode, stderr }, stdout).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).not.toBe('')
  })

  it('quickstart needs no network and no container software', async () => {
    const lonely = ['unshare', '--net', '--', 'env', '-i', 'PATH=/usr/bin:/bin', process.execPath, 'dist/main.js']
    const script =
      'ip link set lo up 2>/dev/null; for name in docker dockerd runc crun podman nft iptables; do ! command -v $name >/dev/null || mount --bind /dev/null "$(command -v $name)"; done; exec "$@"'
    const hidden = ['unshare', '--mount', '--net', '--', 'sh', '-c', script, 'sh', ...lonely.slice(3)]
    const { exitCode, stdout, stderr } = await run(hidden, { cwd: join(examples, 'quickstart') })
    expect({ exitCode, stderr }, stdout).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toMatch(/The container said: process 1 of a container on /)
  })
})
