import { type FileHandle, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { FileWriter } from '../src/file-writer.ts'
import { temporaryDirectory } from './temporary.ts'

const MiB = 1024 * 1024

/** A file on a disk that counts what it is told, and fails early syncs if asked to; the kernel reports such a failure once. */
async function openFile(path: string, failure?: Error): Promise<{ readonly handle: FileHandle; readonly calls: string[] }> {
  const handle = await open(path, 'wx')
  const calls: string[] = []
  const { datasync, sync } = handle
  handle.datasync = async () => {
    calls.push('datasync')
    if (failure !== undefined) throw failure
    await datasync.call(handle)
  }
  handle.sync = async () => {
    calls.push('sync')
    await sync.call(handle)
  }
  return { handle, calls }
}

async function writeMebibytes(writer: FileWriter, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await writer.write(Buffer.alloc(MiB, i))
  await writer.flush()
}

it('lets the disk begin before a large file is whole', async () => {
  await using directory = await temporaryDirectory()
  const path = join(directory.path, 'large')
  const { handle, calls } = await openFile(path)
  const writer = new FileWriter(handle, path)
  await writeMebibytes(writer, 70)
  expect(calls[0]).toBe('datasync')
  await writer.sync()
  expect(calls.at(-1)).toBe('sync')
  await writer.end()
  await handle.close()
  const bytes = await readFile(path)
  expect([bytes.length, bytes[0], bytes[69 * MiB]]).toEqual([70 * MiB, 0, 69])
})

it('syncs a small file once', async () => {
  await using directory = await temporaryDirectory()
  const path = join(directory.path, 'small')
  const { handle, calls } = await openFile(path)
  const writer = new FileWriter(handle, path)
  await writeMebibytes(writer, 3)
  await writer.sync()
  expect(calls).toEqual(['sync'])
  await handle.close()
})

it('tells at the end that the disk failed before', async () => {
  await using directory = await temporaryDirectory()
  const path = join(directory.path, 'damaged')
  const { handle } = await openFile(path, new Error('EIO: i/o error, fdatasync'))
  const writer = new FileWriter(handle, path)
  await writeMebibytes(writer, 40)
  await expect(writer.sync()).rejects.toThrow('EIO')
  await writer.end()
  await handle.close()
})
