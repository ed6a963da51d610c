import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { digestOf, parseDigest } from '@ct/image'
import { describe, expect, it } from 'vitest'
import { applyLayer } from '../../src/apply/apply-layer.ts'
import { apply, scratch, treeOf } from '../scratch.ts'
import { archive, chunked, END, file, header, pax } from '../tar/archive.ts'

const { root, sub } = scratch()
const dir = (name: string, mode = '0000755'): Buffer => header({ name, type: '5', mode })

describe('applyLayer', () => {
  it('computes the diffID, garbage after the end included, and counts', async () => {
    const bytes = Buffer.concat([archive(dir('d/'), file('d/f', 'x')), Buffer.from('garbage')])
    expect(await apply(bytes, sub())).toMatchObject({ diffId: digestOf(bytes), sizeBytes: bytes.length, entries: 2 })
    const expectedDiffId = digestOf(bytes, 'sha512')
    expect(await applyLayer(chunked(bytes), { path: sub() }, { expectedDiffId })).toMatchObject({ diffId: expectedDiffId })
  })

  it('refuses a layer with another diffID', async () => {
    const expectedDiffId = parseDigest(`sha256:${'0'.repeat(64)}`)
    const applied = applyLayer(chunked(archive(file('a', 'x'))), { path: sub() }, { expectedDiffId })
    await expect(applied).rejects.toMatchObject({ code: 'LAYERFS_DIFF_ID_MISMATCH', kind: 'corrupt' })
  })

  it('sets owners, modes, times and attributes exactly; directories last', async () => {
    const target = sub()
    const capability = Buffer.from('0100000200040000000000000000000000000000', 'hex')
    await apply(
      archive(
        pax([['mtime', '1.000000001']]),
        dir('ro/', '0000555'),
        pax([
          ['mtime', '-1.5'],
          ['SCHILY.xattr.security.capability', capability],
          ['SCHILY.xattr.user.bin', Buffer.from([0, 10, 255])],
        ]),
        file('ro/tool', 'x', { mode: '0006755', uid: '0001750', gid: '0000144' }),
        pax([
          ['uid', '3000000000'],
          ['gid', '2097152'],
          ['SCHILY.xattr.user.x', 'y'],
        ]),
        dir('sticky/', '0001777'),
        header({ name: 'null', type: '3', major: '0000001', minor: '0000003', mode: '0000666' }),
        header({ name: 'pipe', type: '6', mode: '0000600', mtime: '00000000007' }),
        header({ name: 'link', type: '2', link: '/nowhere', mode: '0000777', mtime: '00000000007', uid: '0000005' }),
        header({ name: 'hard', type: '1', link: 'ro/tool' }),
      ),
      target,
    )
    const tree = await treeOf({ path: target }, { exact: true })
    delete tree['.']
    expect(tree).toEqual({
      hard: `file 6755 1000:100 2d711642 -1500000000 security.capability=${capability.toString('hex')} user.bin=000aff = hard`,
      link: 'symlink 777 5:0 -> /nowhere 7000000000',
      null: 'char 666 0:0 1:3 0',
      pipe: 'fifo 600 0:0 7000000000',
      ro: 'directory 555 0:0 1000000001',
      'ro/tool': `file 6755 1000:100 2d711642 -1500000000 security.capability=${capability.toString('hex')} user.bin=000aff = hard`,
      sticky: 'directory 1777 3000000000:2097152 0 user.x=79',
    })
  })

  it("never sets overlayfs' attributes, nor users' where the kernel has none", async () => {
    const target = sub()
    const evil = pax([
      ['SCHILY.xattr.trusted.overlay.opaque', 'y'],
      ['SCHILY.xattr.trusted.overlay.redirect', '/etc'],
      ['SCHILY.xattr.user.overlay.opaque', 'y'],
      ['SCHILY.xattr.trusted.kept', 'k'],
    ])
    await apply(archive(evil, dir('d/'), pax([['SCHILY.xattr.user.x', 'y']]), header({ name: 'p', type: '6' })), target)
    const shown = execFileSync('getfattr', ['-d', '-m-', '-R', '.'], { cwd: target, encoding: 'utf8' })
    expect(shown).not.toContain('overlay')
    expect(shown).toContain('trusted.kept="k"')
  })

  it('takes attributes away from a directory that a layer brings again without them', async () => {
    const target = sub()
    await apply(archive(pax([['SCHILY.xattr.user.old', '1']]), dir('d/'), dir('x/')), target)
    await apply(archive(dir('d/')), target)
    expect((await treeOf({ path: target }, { exact: true })).d).toBe('directory 755 0:0 0')
  })

  it.each([
    ['..', [dir('../'), file('../f', 'x')]],
    ['.. behind a name', [file('a/../../outside/pwned', 'x')]],
    ['an absolute name', [file('/outside/pwned', 'x')]],
    ['a link out of the tree', [header({ name: 'l', type: '2', link: '../outside' }), file('l/pwned', 'x')]],
    ['an absolute link', [header({ name: 'l', type: '2', link: join(root, 'outside') }), file('l/pwned', 'x')]],
    ['a link to itself', [header({ name: 'l', type: '2', link: 'l' }), file('l/pwned', 'x')]],
    [
      'a chain of links',
      [header({ name: 'l', type: '2', link: '..' }), header({ name: 'm', type: '2', link: 'l/outside' }), file('m/pwned', 'x')],
    ],
    ['a hard link out of the tree', [header({ name: 'h', type: '1', link: '../outside/secret' }), file('h', 'overwritten')]],
    ['an absolute hard link', [header({ name: 'h', type: '1', link: join(root, 'outside/secret') })]],
    ['a whiteout through a link', [header({ name: 'l', type: '2', link: '../outside' }), file('l/.wh.secret')]],
    ['an opaque marker through a link', [header({ name: 'l', type: '2', link: '../outside' }), file('l/.wh..wh..opq')]],
    ['a directory through a link', [header({ name: 'l', type: '2', link: '../outside' }), dir('l', '0000700')]],
    ['proc', [header({ name: 'l', type: '2', link: '/proc/self/root' }), file('l/pwned', 'x')]],
  ])('writes nothing outside the tree: %s', async (_what, parts) => {
    const outside = join(root, 'outside')
    mkdirSync(outside, { recursive: true })
    writeFileSync(join(outside, 'secret'), 'kept')
    const before = await treeOf({ path: outside }, { exact: true })
    for (const mode of ['remove', 'overlay'] as const) await apply(archive(...parts), sub(), mode).catch(() => undefined)
    expect(await treeOf({ path: outside }, { exact: true })).toEqual(before)
  })

  it.each([
    ['a name that leads out', [file('../f', 'x')], 'LAYERFS_PATH_ESCAPES'],
    ['a link that leads out', [header({ name: 'h', type: '1', link: '../../f' })], 'LAYERFS_PATH_ESCAPES'],
    ['a root that is a file', [file('./', 'x', { type: '1', link: 'x' })], 'LAYERFS_PATH_INVALID'],
    ['an empty name', [header({ name: '', type: '2', link: 'x' })], 'LAYERFS_PATH_INVALID'],
    ['an entry below a file', [file('f', 'x'), file('f/g', 'x')], 'LAYERFS_PATH_INVALID'],
    ['a hard link to a directory', [dir('d/'), header({ name: 'h', type: '1', link: 'd' })], 'LAYERFS_PATH_INVALID'],
    ['a hard link to nothing', [header({ name: 'h', type: '1', link: 'nothing' })], 'NATIVE_TREE_FAILED'],
    ['a name of 256 bytes', [pax([['path', 'n'.repeat(256)]]), file('x')], 'LAYERFS_NAME_TOO_LONG'],
    ['513 names in a path', [pax([['path', 'n/'.repeat(513)]]), file('x')], 'LAYERFS_TOO_DEEP'],
    ['a path of 4,096 bytes', [pax([['path', `${'n/'.repeat(2047)}nn`]]), file('x')], 'LAYERFS_PATH_TOO_LONG'],
    ['a corrupt archive', [file('a', 'x'), header({ name: 'b', checksum: '1' })], 'TAR_CORRUPT'],
  ])('refuses %s', async (_what, parts, code) => {
    await expect(apply(archive(...parts), sub())).rejects.toMatchObject({ code })
  })

  it.each([
    ['entries', { maxEntries: 2 }, [dir('a/'), dir('b/'), dir('c/')], 'LAYERFS_TOO_MANY_ENTRIES'],
    ['bytes of the archive', { maxBytes: 1000 }, [dir('a/')], 'LAYERFS_TOO_LARGE'],
    ['bytes of files', { maxBytes: 1_000_000 }, [header({ name: 'a', size: 1_000_001 })], 'LAYERFS_TOO_LARGE'],
    [
      'bytes of holes',
      { maxBytes: 1_000_000 },
      [
        pax([
          ['GNU.sparse.size', '9000000000000000'],
          ['GNU.sparse.map', ''],
        ]),
        file('a'),
      ],
      'LAYERFS_TOO_LARGE',
    ],
    ['bytes of a path', { maxPathBytes: 3 }, [file('abcd')], 'LAYERFS_PATH_TOO_LONG'],
    ['bytes of a name', { maxNameBytes: 3 }, [file('a/abcd')], 'LAYERFS_NAME_TOO_LONG'],
    ['depth', { maxDepth: 3 }, [file('a/b/c/d')], 'LAYERFS_TOO_DEEP'],
  ])('is limited in %s', async (_what, limits, parts, code) => {
    const applied = applyLayer(chunked(Buffer.concat([...parts, END])), { path: sub() }, { limits })
    await expect(applied).rejects.toMatchObject({ code, kind: 'exhausted', hint: expect.stringContaining('limits.') })
  })

  it('stops at a signal, with its reason', async () => {
    const controller = new AbortController()
    async function* endless(): AsyncGenerator<Uint8Array, void> {
      yield header({ name: 'big', size: 2 ** 32 })
      for (let i = 0; ; i++) {
        if (i === 20) controller.abort(new Error('enough'))
        yield Buffer.alloc(100_000)
      }
    }
    await expect(applyLayer(endless(), { path: sub() }, { signal: controller.signal })).rejects.toThrow('enough')
  })
})

describe('applyLayer beside GNU tar', () => {
  it.each(['gnu', 'pax', 'ustar', 'v7', 'oldgnu'])('makes the same tree of an archive in the format %s', async (format) => {
    const source = sub()
    const long = join(source, 'a'.repeat(format === 'v7' ? 10 : 60), 'b'.repeat(format === 'v7' ? 10 : 80))
    mkdirSync(long, { recursive: true })
    writeFileSync(join(long, 'file'), 'deep')
    execFileSync(
      'sh',
      [
        '-ec',
        `
      printf hello > plain; chmod 4751 plain; chown 12:34 plain
      ln plain hard; ln -s plain soft; ln -s missing dangling
      mkdir empty ro; touch ro/x; chmod 555 ro; touch -d '1999-12-31 23:59:59.123456789' ro/x
      truncate -s 3M sparse; printf end >> sparse; printf x | dd of=sparse bs=1 seek=1000000 conv=notrunc status=none
      ${format === 'v7' ? '' : 'mkfifo fifo; mknod dev b 7 1'}
      touch "$(printf 'nonutf8-\\377')"
      ${format === 'pax' ? 'setfattr -n user.note -v hello plain' : ''}
      touch -d '2001-02-03 04:05:06.789' ro empty .
    `,
      ],
      { cwd: source },
    )
    const sparse = ['gnu', 'pax', 'oldgnu'].includes(format) ? ['--sparse'] : []
    const bytes = execFileSync(
      'tar',
      ['-c', `--format=${format}`, '--xattrs', ...sparse, '.'].filter((arg) => format === 'pax' || arg !== '--xattrs'),
      { cwd: source, maxBuffer: 1e8 },
    )
    const [ours, theirs] = [sub(), sub()]
    await apply(bytes, ours)
    execFileSync('tar', ['-x', '--xattrs', '--xattrs-include=*', '--numeric-owner', '-p'], { cwd: theirs, input: bytes })
    expect(await treeOf({ path: ours }, { exact: true })).toEqual(await treeOf({ path: theirs }, { exact: true }))
  })

  it.each(['0.0', '0.1', '1.0'])('fills the holes of sparse format %s as it does', async (version) => {
    const source = sub()
    execFileSync(
      'sh',
      [
        '-ec',
        'for i in $(seq 0 60); do printf "part $i" | dd of=s bs=1 seek=$((i * 70000)) conv=notrunc status=none; done; truncate -s 5M s',
      ],
      { cwd: source },
    )
    const bytes = execFileSync('tar', ['-c', '--format=pax', '--sparse', `--sparse-version=${version}`, 's'], {
      cwd: source,
      maxBuffer: 1e8,
    })
    expect(bytes.length).toBeLessThan(1_000_000)
    const target = sub()
    await apply(bytes, target)
    expect(readFileSync(join(target, 's')).equals(readFileSync(join(source, 's')))).toBe(true)
  })
})
