import { mkdtemp, readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { output } from './command.ts'

/** A directory of a test's own. Disposing unmounts whatever is still mounted below it, then removes it. */
export async function scratchDirectory(name: string): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join('/var/tmp', `ct-${name}-`))
  return {
    path,
    async [Symbol.asyncDispose]() {
      for (const mountPoint of [...(await mountPointsBelow(path))].reverse()) await output(['umount', '-l', mountPoint])
      await output(['rm', '-rf', path])
    },
  }
}

/** Mount points of this mount namespace at or below a directory, in the order they were made. */
export async function mountPointsBelow(path: string): Promise<readonly string[]> {
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n').map((line) => line.split(' ')[4] ?? '')
  return mounts.filter((mountPoint) => mountPoint === path || mountPoint.startsWith(`${path}/`))
}

/** A TCP port of the loopback interface that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
