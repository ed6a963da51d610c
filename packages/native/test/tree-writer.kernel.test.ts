import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hasErrno } from '@ct/errors'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  NativeError,
  openTreeWriter,
  type ScannedEntry,
  type ScanOptions,
  scanTree,
  type TreeMeta,
  type TreeTarget,
  type TreeWriter,
} from '../src/index.ts'

const plain: TreeMeta = { mode: 0o644, uid: 0, gid: 0, mtimeNs: 1_600_000_000_123_456_789n }
let base: string
let root: string

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'ct-tree-'))
  root = join(base, 'root')
  mkdirSync(root)
})

afterEach(() => rmSync(base, { recursive: true, force: true }))

async function apply(write: (tree: TreeWriter) => void, target: TreeTarget = { path: root }): Promise<void> {
  await using tree = await openTreeWriter(target)
  write(tree)
  await tree.finish()
}

async function failure(write: (tree: TreeWriter) => void): Promise<NativeError> {
  const error = await apply(write).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof NativeError)) throw new Error(`expected a NativeError, got ${String(error)}`)
  return error
}

function file(tree: TreeWriter, path: string | Uint8Array, content: string | Uint8Array, meta: Partial<TreeMeta> = {}): void {
  const bytes = Buffer.from(content)
  tree.file(path, { ...plain, ...meta }, bytes.length)
  tree.write(bytes)
}

async function scan(options: ScanOptions = {}, target: TreeTarget = { path: root }): Promise<(ScannedEntry & { text?: string })[]> {
  const entries = []
  for await (const entry of scanTree(target, options)) {
    const chunks = []
    for await (const chunk of entry.content ?? []) chunks.push(chunk)
    entries.push({ ...entry, ...(entry.content && { text: Buffer.concat(chunks).toString('latin1') }) })
  }
  return entries
}

const names = (entries: readonly ScannedEntry[]): string[] => entries.map(({ path }) => Buffer.from(path).toString('latin1'))

describe('a tree written and read back', () => {
  it('keeps type, mode, owner, time, content, link target, device and attributes of every entry', async () => {
    const capability = Buffer.from('0100000200040000000000000000000000000000', 'hex')
    await apply((tree) => {
      tree.directory('etc', { ...plain, mode: 0o1770, uid: 4_000_000, gid: 5 })
      file(tree, 'etc/passwd', 'root:x:0:0', { uid: 7, gid: 3_000_000_000 })
      file(tree, 'etc/su', 'setuid', { mode: 0o6755, uid: 7, gid: 8, xattrs: [['security.capability', capability]] })
      tree.hardLink('etc/su-link', 'etc/su')
      file(tree, 'empty', '', { mtimeNs: -1_500_000_000n, xattrs: [['user.binary', Buffer.from([0, 255, 10])]] })
      tree.symlink('link', '../outside', { ...plain, uid: 9, gid: 9, xattrs: [['trusted.note', Buffer.from('on a link')]] })
      tree.node('null', { ...plain, mode: 0o666 }, { type: 'char', major: 1, minor: 3 })
      tree.node('whiteout', plain, { type: 'char' })
      tree.node('disk', { ...plain, gid: 6 }, { type: 'block', major: 259, minor: 1_000_000 })
      tree.node('pipe', { ...plain, mode: 0o600 }, { type: 'fifo' })
      file(tree, Buffer.from([0x6e, 0xff, 0xfe]), 'not UTF-8')
      tree.setMeta('etc', { ...plain, mode: 0o1770, uid: 4_000_000, gid: 5, mtimeNs: 1n })
      tree.sync()
    })
    const entries = await scan({ content: true })
    const comparable = entries.map(({ path, dev, ino, content, ...rest }) => ({ ...rest, path: Buffer.from(path).toString('latin1') }))
    expect(comparable.slice(1)).toMatchObject([
      { path: 'disk', type: 'block', mode: 0o644, gid: 6, major: 259, minor: 1_000_000, mtimeNs: plain.mtimeNs },
      {
        path: 'empty',
        type: 'file',
        sizeBytes: 0,
        text: '',
        mtimeNs: -1_500_000_000n,
        xattrs: [['user.binary', Buffer.from([0, 255, 10])]],
      },
      { path: 'etc', type: 'directory', mode: 0o1770, uid: 4_000_000, gid: 5, mtimeNs: 1n },
      { path: 'etc/passwd', type: 'file', sizeBytes: 10, text: 'root:x:0:0', uid: 7, gid: 3_000_000_000, mtimeNs: plain.mtimeNs },
      { path: 'etc/su', mode: 0o6755, uid: 7, gid: 8, nlink: 2, xattrs: [['security.capability', capability]] },
      { path: 'etc/su-link', mode: 0o6755, nlink: 2, text: 'setuid' },
      {
        path: 'link',
        type: 'symlink',
        uid: 9,
        linkTarget: Buffer.from('../outside'),
        mtimeNs: plain.mtimeNs,
        xattrs: [['trusted.note', Buffer.from('on a link')]],
      },
      { path: 'null', type: 'char', mode: 0o666, major: 1, minor: 3 },
      { path: 'nÿþ', text: 'not UTF-8' },
      { path: 'pipe', type: 'fifo', mode: 0o600 },
      { path: 'whiteout', type: 'char', major: 0, minor: 0 },
    ])
    const links = entries.filter(({ nlink, type }) => nlink === 2 && type === 'file')
    expect(new Set(links.map(({ ino }) => ino)).size).toBe(1)
  })

  it('keeps content and attributes of files of all sizes around those of the buffers between', async () => {
    const around = [0, 4096, 32 << 10, 64 << 10, 256 << 10, 1 << 20, (1 << 20) + (256 << 10)]
    const sizes = Array.from({ length: 300 }, (_, i) => Math.max(0, (around[i % 7] ?? 0) + ((i * 7919) % 67) - 33))
    const content = (i: number): Buffer => Buffer.alloc(sizes[i] ?? 0, `${i} `)
    await using tree = await openTreeWriter({ path: root })
    for (const i of sizes.keys()) {
      file(tree, `d${i >> 4}/${String(i).padStart(200, 'f')}`, content(i), { xattrs: [['user.i', Buffer.from(`${i}`)]] })
      if (tree.needsDrain) await tree.drain()
    }
    await tree.finish()
    const files = (await scan({ content: true })).filter(({ type }) => type === 'file')
    expect(files).toHaveLength(sizes.length)
    for (const { path, text, xattrs } of files) {
      const i = Number(
        Buffer.from(path)
          .toString()
          .match(/f(\d+)$/)?.[1],
      )
      expect(text === content(i).toString('latin1'), `content of file ${i}`).toBe(true)
      expect(Buffer.from(xattrs[0]?.[1] ?? []).toString()).toBe(`${i}`)
    }
  })

  it('lists siblings in byte order and a directory before what is in it', async () => {
    await apply((tree) => {
      for (const path of ['b', 'a.b', 'a/z', 'a/b/c', 'a-', 'B', 'é']) file(tree, path, path)
    })
    expect(names(await scan())).toEqual(['.', 'B', 'a', 'a/b', 'a/b/c', 'a/z', 'a-', 'a.b', 'b', Buffer.from('é').toString('latin1')])
  })

  it('makes missing parents as root, 0755', async () => {
    await apply((tree) => file(tree, 'a/b/c/file', 'x'))
    expect(statSync(join(root, 'a/b/c')).mode & 0o7777).toBe(0o755)
  })

  it('lets an entry replace whatever has its path, but a directory keeps its children', async () => {
    await apply((tree) => {
      for (const path of ['a/file', 'b/deep/er/file', 'keep/child', 'f', 'g']) file(tree, path, 'old')
      file(tree, 'a', 'was a directory')
      tree.symlink('b', 'target', plain)
      tree.directory('keep', { ...plain, mode: 0o700 })
      tree.directory('f', { ...plain, mode: 0o711 })
      file(tree, 'f/inside', 'x')
      tree.hardLink('g', 'a')
      tree.hardLink('g', 'g')
    })
    expect(names(await scan())).toEqual(['.', 'a', 'b', 'f', 'f/inside', 'g', 'keep', 'keep/child'])
    expect(statSync(join(root, 'a')).nlink).toBe(2)
    expect(statSync(join(root, 'keep')).mode & 0o777).toBe(0o700)
  })

  it('removes and clears trees of any depth, and does not mind what is missing', async () => {
    const deep = 'd/'.repeat(1500)
    await apply((tree) => {
      file(tree, `${deep}file`, 'x')
      file(tree, 'kept/a/b', 'x')
    })
    // Deeper than any path: each round moves the tree below a new directory.
    for (let i = 0; i < 4; i++)
      execFileSync('sh', ['-c', `mkdir -p ${'n/'.repeat(1000)} && mv d ${'n/'.repeat(1000)} && mv n d`], { cwd: root })
    await apply((tree) => {
      tree.remove('d')
      tree.remove('missing/below')
      tree.clear('kept')
      tree.clear('missing')
      tree.remove('missing')
    })
    expect(names(await scan())).toEqual(['.', 'kept'])
  })

  it('removes extended attributes that are not listed when the metadata is exact', async () => {
    const one = (name: string): TreeMeta['xattrs'] => [[name, Buffer.from('1')]]
    await apply((tree) => {
      tree.directory('d', {
        ...plain,
        xattrs: [
          ['user.a', Buffer.from('1')],
          ['trusted.b', Buffer.from('1')],
        ],
      })
      tree.setMeta('d', { ...plain, xattrs: one('user.c') })
      tree.directory('e', { ...plain, xattrs: one('user.a') })
      tree.setMeta('e', { ...plain, xattrs: one('user.b'), exact: true })
    })
    const [, d, e] = await scan()
    expect(d?.xattrs.map(([name]) => name).sort()).toEqual(['trusted.b', 'user.a', 'user.c'])
    expect(e?.xattrs.map(([name]) => name)).toEqual(['user.b'])
  })

  it('begins at a subpath, which may be a file or a link', async () => {
    await apply((tree) => {
      file(tree, 'usr/lib/x', 'content')
      tree.symlink('lib', '/usr/lib', plain)
      tree.symlink('x', 'lib/x', plain)
    })
    expect(names(await scan({ subpath: 'usr' }))).toEqual(['.', 'lib', 'lib/x'])
    expect(names(await scan({ subpath: 'lib', followSubpath: true }))).toEqual(['.', 'x'])
    expect(await scan({ subpath: 'lib' })).toMatchObject([{ type: 'symlink', linkTarget: Buffer.from('/usr/lib') }])
    expect(await scan({ subpath: 'x', followSubpath: true, content: true })).toMatchObject([{ type: 'file', text: 'content' }])
    await expect(scan({ subpath: 'nothing' })).rejects.toMatchObject({ code: 'NATIVE_TREE_FAILED', kind: 'not-found' })
  })

  it('skips the content of an entry that the reader did not want', async () => {
    await apply((tree) => {
      for (const path of ['a', 'b', 'c']) file(tree, path, path.repeat(1_000_000))
    })
    const kept = []
    for await (const { path, content } of scanTree({ path: root }, { content: true })) {
      if (Buffer.from(path).toString() !== 'b' || !content) continue
      for await (const chunk of content) {
        kept.push(chunk)
        break
      }
    }
    expect(kept[0]?.[0]).toBe('b'.charCodeAt(0))
  })
})

describe('a stack of mounts as target', () => {
  it('is written and read without the host seeing it', async () => {
    for (const name of ['lower', 'upper', 'work']) mkdirSync(join(base, name))
    writeFileSync(join(base, 'lower/from-below'), 'x')
    const options = [`lowerdir=${base}/lower`, `upperdir=${base}/upper`, `workdir=${base}/work`]
    const target: TreeTarget = { mounts: [{ type: 'overlay', source: 'overlay', options }] }
    const before = readFileSync('/proc/self/mountinfo', 'utf8')
    await apply((tree) => {
      tree.remove('from-below')
      file(tree, 'new', 'x')
    }, target)
    expect(names(await scan({}, target))).toEqual(['.', 'new'])
    expect(lstatSync(join(base, 'upper/from-below')).isCharacterDevice()).toBe(true)
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).toBe(before)
  })

  it('binds, read-only, one mount on the other', async () => {
    for (const name of ['one', 'two']) mkdirSync(join(base, name))
    writeFileSync(join(base, 'two/file'), 'x')
    const bind = (name: string) => ({ type: 'bind', source: join(base, name), options: ['rbind', 'ro'] })
    const target: TreeTarget = { mounts: [bind('one'), bind('two')] }
    expect(names(await scan({}, target))).toEqual(['.', 'file'])
    await expect(apply((tree) => tree.remove('file'), target)).rejects.toMatchObject({ kind: 'denied' })
  })

  it('names the mount that cannot be made', async () => {
    const mounts = [{ type: 'bind', source: join(base, 'nowhere'), options: ['rbind'] }]
    await expect(apply(() => undefined, { mounts })).rejects.toMatchObject({ code: 'NATIVE_TREE_FAILED', kind: 'not-found' })
  })
})

describe('a hostile list of entries', () => {
  const outside = (): string => join(base, 'outside')

  beforeEach(() => {
    mkdirSync(outside())
    writeFileSync(join(outside(), 'secret'), 'secret')
    chmodSync(join(outside(), 'secret'), 0o600)
  })

  afterEach(() => {
    expect(readdirSync(outside())).toEqual(['secret'])
    expect(readFileSync(join(outside(), 'secret'), 'utf8')).toBe('secret')
    expect(statSync(join(outside(), 'secret'))).toMatchObject({ uid: 0, nlink: 1, mode: 0o100600 })
    expect(readdirSync(base).sort()).toEqual(['outside', 'root'])
  })

  it.each(['../outside/new', 'a/../../outside/new', '..', 'a/..', '/etc/ct-new', '', 'a/', 'a/.', '../root/x'])(
    'refuses the path %j',
    async (path) => {
      const error = await failure((tree) => file(tree, path, 'x'))
      expect(error).toMatchObject({ code: 'NATIVE_TREE_FAILED', kind: 'invalid' })
      expect(existsSync('/etc/ct-new')).toBe(false)
    },
  )

  it.each(['../../../outside', '/../../outside', 'OUTSIDE'])('follows a parent that is a link to %s only inside the root', async (link) => {
    const target = link === 'OUTSIDE' ? outside() : link
    mkdirSync(join(root, 'outside'))
    mkdirSync(join(root, outside()), { recursive: true })
    await apply((tree) => {
      tree.symlink('way', target, plain)
      file(tree, 'way/new', 'x')
      tree.remove('way/secret')
      tree.clear('way/sub')
    })
    expect(existsSync(join(root, link === 'OUTSIDE' ? outside() : 'outside', 'new'))).toBe(true)
  })

  it('does not follow a last component, neither to write, nor to set metadata, nor to clear, nor to link', async () => {
    await apply((tree) => {
      for (const name of ['file', 'meta', 'dir', 'clear', 'link']) tree.symlink(name, '../outside/secret', plain)
      file(tree, 'file', 'overwritten')
      tree.setMeta('meta', { mode: 0o777, uid: 5, gid: 5, xattrs: [['trusted.x', Buffer.from('1')]] })
      tree.directory('dir', plain)
      tree.hardLink('link2', 'link')
      tree.remove('link')
    })
    expect(readlinkSync(join(root, 'link2'))).toBe('../outside/secret')
    expect((await failure((tree) => tree.clear('clear'))).cause).toSatisfy((cause) => hasErrno(cause, 'ENOTDIR', 'ELOOP'))
  })

  it('cannot hard link to what is outside', async () => {
    symlinkSync('../outside', join(root, 'way'))
    symlinkSync(outside(), join(root, 'absolute'))
    for (const path of ['../outside/secret', `${outside()}/secret`, 'way/secret', 'absolute/secret'])
      expect(await failure((tree) => tree.hardLink('stolen', path))).toMatchObject({ code: 'NATIVE_TREE_FAILED' })
  })

  it('cannot pass through the magic links of a procfs inside the tree', async () => {
    const proc: TreeTarget = { mounts: [{ type: 'proc', source: 'proc', options: [] }] }
    await expect(apply((tree) => tree.remove('self/root/tmp/nothing'), proc)).rejects.toMatchObject({ kind: 'invalid' })
    await expect(scan({ subpath: 'self/cwd', followSubpath: true }, proc)).rejects.toMatchObject({ code: 'NATIVE_TREE_FAILED' })
  })

  it('refuses names with a NUL, and more names and attributes than one operation holds', async () => {
    expect(await failure((tree) => tree.remove('a\0b'))).toMatchObject({ code: 'NATIVE_PATH_INVALID' })
    expect(await failure((tree) => tree.remove(Buffer.from('a\0b')))).toMatchObject({ code: 'NATIVE_PATH_INVALID' })
    const xattrs = Array.from({ length: 20 }, (_, i) => [`user.${i}`, Buffer.alloc(60_000)] as const)
    expect(await failure((tree) => tree.setMeta('.', { ...plain, xattrs }))).toMatchObject({ code: 'NATIVE_PATH_INVALID' })
    expect(await failure((tree) => tree.remove('n'.repeat(300)))).toMatchObject({ kind: 'invalid' })
    expect(await failure((tree) => tree.remove('n/'.repeat(3000).concat('n')))).toMatchObject({ kind: 'invalid' })
  })
})

describe('a writer', () => {
  it('names the path and the errno of the operation that failed, also far behind', async () => {
    const error = await failure((tree) => {
      for (let i = 0; i < 5000; i++) file(tree, `f${i}`, 'x'.repeat(100))
      file(tree, 'f7/below', 'x')
      for (let i = 0; i < 5000; i++) file(tree, `g${i}`, 'x'.repeat(100))
    })
    expect(error).toMatchObject({ code: 'NATIVE_TREE_FAILED', kind: 'conflict' })
    expect(error.message).toContain('"f7/below"')
    expect(hasErrno(error.cause, 'ENOTDIR')).toBe(true)
  })

  it('says so when the target is missing', async () => {
    await expect(apply(() => undefined, { path: join(base, 'nowhere') })).rejects.toMatchObject({ kind: 'not-found' })
  })

  it('treats a wrong amount of content as a mistake of the program', async () => {
    await using tree = await openTreeWriter({ path: root })
    tree.file('a', plain, 2)
    expect(() => tree.write(Buffer.from('abc'))).toThrow(TypeError)
    expect(() => tree.remove('a')).toThrow(TypeError)
    await expect(tree.finish()).rejects.toThrow(TypeError)
  })

  it('rejects with the reason of its signal, and leaves no process', async () => {
    const controller = new AbortController()
    await using tree = await openTreeWriter({ path: root }, { signal: controller.signal })
    file(tree, 'a', 'x')
    controller.abort(new Error('enough'))
    await expect(tree.finish()).rejects.toThrow('enough')
    expect(execFileSync('sh', ['-c', `pgrep -P ${process.pid} ct-native || true`], { encoding: 'utf8' })).toBe('')
  })

  it('says that the helper is lost when somebody kills it', async () => {
    await using tree = await openTreeWriter({ path: root })
    const [pid] = execFileSync('pgrep', ['-P', String(process.pid), 'ct-native'], { encoding: 'utf8' }).split('\n')
    process.kill(Number(pid), 'SIGKILL')
    await expect(tree.finish()).rejects.toMatchObject({ code: 'NATIVE_HELPER_LOST', message: expect.stringContaining('SIGKILL') })
  })

  it('bounds what waits in memory when drained as told', async () => {
    await using tree = await openTreeWriter({ path: root })
    const chunk = Buffer.alloc(1 << 20)
    let most = 0
    tree.file('big', plain, 200 * chunk.length)
    for (let i = 0; i < 200; i++) {
      tree.write(chunk)
      if (tree.needsDrain) await tree.drain()
      most = Math.max(most, process.memoryUsage().arrayBuffers)
    }
    await tree.finish()
    expect(statSync(join(root, 'big')).size).toBe(200 << 20)
    expect(most).toBeLessThan(100 << 20)
  })
})
