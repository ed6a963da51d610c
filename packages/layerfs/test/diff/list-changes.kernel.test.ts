import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { listChanges } from '../../src/diff/list-changes.ts'
import { OverlaySnapshotter } from '../../src/snapshots/overlay-snapshotter.ts'
import { scratch } from '../scratch.ts'

const { sub } = scratch()
const LOWER = 'mkdir -p etc dir/sub; echo a > etc/a; echo b > etc/b; echo o > dir/o; echo p > dir/sub/p; ln -s etc link; echo f > file'

/** Runs a script in the mounted snapshot, in a mount namespace of its own. */
function within(mounts: Awaited<ReturnType<OverlaySnapshotter['mounts']>>, script: string): void {
  const [mount] = mounts
  const at = sub()
  const args = mount?.type === 'overlay' ? `-t overlay overlay -o ${mount.options.join(',')}` : `--bind ${mount?.source}`
  execFileSync('unshare', ['-m', 'sh', '-ec', `mount ${args} ${at}; cd ${at}; ${script}`], { stdio: 'pipe' })
}

async function changesOf(script: string): Promise<string[]> {
  const snapshotter = await OverlaySnapshotter.open({ root: sub() })
  within(await snapshotter.prepare('low'), LOWER)
  await snapshotter.commit('base', 'low')
  within(await snapshotter.prepare('middle', 'base'), 'rm etc/b; mkdir mid; echo m > mid/m')
  await snapshotter.commit('top', 'middle')
  within(await snapshotter.prepare('active', 'top'), script)
  const changes = await listChanges(await snapshotter.upperDirectory('active'), await snapshotter.layerDirectories('active'))
  return changes.map(({ kind, path }) => `${{ added: 'A', modified: 'C', deleted: 'D' }[kind]} ${path}`)
}

describe('listChanges', () => {
  // Expected is what `docker diff` of docker 20.10 prints after the same scripts on the same layers.
  it.each([
    ['nothing', 'true', []],
    ['a new file', 'echo x > new', ['A /new']],
    ['a new file in a directory', 'echo x > etc/new', ['C /etc', 'A /etc/new']],
    ['a new directory with a file', 'mkdir n; echo x > n/f', ['A /n', 'A /n/f']],
    ['a changed file', 'echo x >> etc/a', ['C /etc', 'C /etc/a']],
    ['a mode', 'chmod 600 file', ['C /file']],
    ['a time', 'touch file', ['C /file']],
    ['the mode of a directory', 'chmod 700 dir/sub', ['C /dir', 'C /dir/sub']],
    ['a file that was only opened for writing', ': >> file', []],
    ['a deleted file', 'rm etc/a', ['C /etc', 'D /etc/a']],
    ['a deleted directory', 'rm -r dir', ['D /dir']],
    ['a file made and deleted', 'echo x > new; rm new', []],
    ['a file again that a layer below has deleted', 'echo x > etc/b', ['C /etc', 'A /etc/b']],
    ['a directory made anew', 'rm -r dir; mkdir dir; echo x > dir/new', ['C /dir', 'A /dir/new', 'D /dir/o', 'D /dir/sub']],
    [
      'a directory made anew with a directory in it',
      'rm -r dir; mkdir -p dir/sub; echo x > dir/sub/new',
      ['C /dir', 'D /dir/o', 'C /dir/sub', 'A /dir/sub/new', 'D /dir/sub/p'],
    ],
    ['a file in place of a directory', 'rm -r dir; echo x > dir', ['C /dir']],
    ['a directory in place of a file', 'rm file; mkdir file; echo x > file/x', ['C /file', 'A /file/x']],
    ['another link', 'ln -sfn dir link', ['C /link']],
    ['a renamed file', 'mv etc/a etc/z', ['C /etc', 'D /etc/a', 'A /etc/z']],
    ['a change in a directory of the middle layer', 'rm mid/m', ['C /mid', 'D /mid/m']],
    [
      'several at once',
      'echo x >> etc/a; rm -r dir; mkdir dir; echo n > dir/new; rm file',
      ['C /dir', 'A /dir/new', 'D /dir/o', 'D /dir/sub', 'C /etc', 'C /etc/a', 'D /file'],
    ],
    ['a fifo and a device', 'mkfifo p; mknod d c 1 3', ['A /d', 'A /p']],
  ])('shows %s', async (_what, script, expected) => {
    expect(await changesOf(script)).toEqual(expected)
  })

  it('fails for a directory that is not there', async () => {
    await expect(listChanges(join(sub(), 'nothing'), [])).rejects.toMatchObject({ code: 'NATIVE_TREE_FAILED' })
  })
})
