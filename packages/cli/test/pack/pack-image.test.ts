import { createHash } from 'node:crypto'
import { lstat, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { extract } from 'tar-stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addAccounts, FileTree } from '../../src/pack/file-tree.ts'
import { packImage } from '../../src/pack/pack-image.ts'

interface Entry {
  readonly type: string
  readonly mode: number
  readonly link: string
  readonly bytes: Buffer
}

async function untar(bytes: Buffer): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>()
  const tar = Readable.from([bytes]).pipe(extract() as unknown as NodeJS.WritableStream) as unknown as ReturnType<typeof extract>
  for await (const entry of tar) {
    const chunks: Buffer[] = []
    for await (const chunk of entry) chunks.push(chunk as Buffer)
    const { name, type, mode, linkname, uid, gid, mtime } = entry.header
    expect([uid, gid, mtime.getTime()]).toEqual([0, 0, 0])
    entries.set(name, { type, mode, link: linkname, bytes: Buffer.concat(chunks) })
  }
  return entries
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}

describe('packImage', () => {
  let directory: string
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ct-pack-'))
    await mkdir(join(directory, 'data/inner'), { recursive: true })
    await writeFile(join(directory, 'data/inner/file'), 'content', { mode: 0o640 })
    await writeFile(join(directory, 'data/empty'), '')
    await symlink('inner/file', join(directory, 'data/link'))
    await writeFile(join(directory, 'script'), '#!/usr/bin/env sh\necho hi\n', { mode: 0o755 })
    await symlink('loop', join(directory, 'loop'))
  })
  afterAll(() => rm(directory, { recursive: true }))

  const pack = async (): Promise<Buffer> => {
    const tree = await FileTree.open()
    await tree.addProgram('/bin/sh')
    await tree.addProgram(join(directory, 'script'), '/usr/bin:/bin')
    await tree.addFile(join(directory, 'data'), '/data')
    addAccounts(tree)
    return collect(await packImage(tree, { names: ['tools:1'], cmd: ['/bin/sh'], env: ['A=1'], workingDirectory: '/data' }))
  }

  it('makes an archive whose config, digests and layer fit together', async () => {
    const archive = await untar(await pack())
    const [manifest] = JSON.parse(archive.get('manifest.json')?.bytes.toString() ?? '') as [
      { Config: string; RepoTags: string[]; Layers: [string] },
    ]
    expect(manifest.RepoTags).toEqual(['tools:1'])
    const config = archive.get(manifest.Config)?.bytes ?? Buffer.alloc(0)
    expect(manifest.Config).toBe(`${createHash('sha256').update(config).digest('hex')}.json`)
    const layer = archive.get(manifest.Layers[0])?.bytes ?? Buffer.alloc(0)
    expect(JSON.parse(config.toString())).toMatchObject({
      os: 'linux',
      config: { Env: [expect.stringMatching(/^PATH=/), 'A=1'], Cmd: ['/bin/sh'], Entrypoint: null, WorkingDir: '/data' },
      rootfs: { type: 'layers', diff_ids: [`sha256:${createHash('sha256').update(layer).digest('hex')}`] },
    })
    const files = await untar(layer)
    expect([...files.keys()].map((name) => name.replace(/\/$/, ''))).toEqual(
      [...files.keys()].map((name) => name.replace(/\/$/, '')).sort(),
    )
    expect(files.get('data/inner/file')).toMatchObject({ type: 'file', mode: 0o640, bytes: Buffer.from('content') })
    expect(files.get('data/empty')).toMatchObject({ type: 'file', bytes: Buffer.alloc(0) })
    expect(files.get('data/link')).toMatchObject({ type: 'symlink', link: 'inner/file' })
    expect(files.get('tmp/')).toMatchObject({ type: 'directory', mode: 0o1777 })
    expect(files.get('etc/passwd')?.bytes.toString()).toMatch(/^root:x:0:0:/)
    expect(files.has('usr/bin/env')).toBe(true)
  })

  it('keeps links on the way to a program as links', async () => {
    const tree = await FileTree.open()
    await tree.addProgram('/bin/sh')
    const entries = new Map(tree.entries())
    const info = await lstat('/bin')
    expect(entries.get('/bin')?.type).toBe(info.isSymbolicLink() ? 'symlink' : 'directory')
    expect([...entries.keys()].filter((path) => /ld-linux|ld-musl/.test(path)).length).toBeGreaterThan(0)
  })

  it('makes the same bytes of the same files', async () => {
    expect((await pack()).equals(await pack())).toBe(true)
  })

  it('says what is not there', async () => {
    const tree = await FileTree.open()
    await expect(tree.addProgram('/no/such/program')).rejects.toMatchObject({ code: 'CLI_PACK_NOT_FOUND' })
    await expect(tree.addProgram('no-such-program', '/usr/bin')).rejects.toMatchObject({ code: 'CLI_PACK_NOT_FOUND' })
    await expect(tree.addFile('/no/such/file')).rejects.toMatchObject({ code: 'CLI_PACK_NOT_FOUND' })
    await expect(tree.addFile(join(directory, 'loop'))).rejects.toMatchObject({ code: expect.stringMatching(/^CLI_PACK|^ELOOP/) })
  })

  it('notices a file that changes while it is packed', async () => {
    const path = join(directory, 'changing')
    await writeFile(path, Buffer.alloc(1000))
    const tree = await FileTree.open()
    await tree.addFile(path, '/changing')
    const archive = await packImage(tree, { names: ['x:1'] })
    await writeFile(path, Buffer.alloc(1000, 1))
    await expect(collect(archive)).rejects.toMatchObject({ code: 'CLI_PACK_CHANGED' })
  })

  it.each([
    ['shorter', 10],
    ['empty', 0],
    ['longer', 2000],
  ])('notices a file that has become %s', async (_how, size) => {
    const path = join(directory, 'changing')
    await writeFile(path, Buffer.alloc(1000))
    const tree = await FileTree.open()
    await tree.addFile(path, '/changing')
    const archive = await packImage(tree, { names: ['x:1'] })
    await writeFile(path, Buffer.alloc(size, 1))
    await expect(collect(archive)).rejects.toMatchObject({ code: 'CLI_PACK_CHANGED' })
  })
})
