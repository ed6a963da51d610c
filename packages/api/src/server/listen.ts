import { randomBytes } from 'node:crypto'
import { chmod, lstat, rename, rm } from 'node:fs/promises'
import type { Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { hasErrno } from '@ct/errors'
import { type Address, parseAddress } from '../client/address.ts'
import { ApiError } from '../errors.ts'

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|localhost|::1)$/

/** An open address. */
export interface Listener {
  /** As a client names it; the port is the real one. */
  readonly address: string
  /** Removes what stands for it in the file system. */
  release(): Promise<void>
}

/**
 * Opens an address. A unix socket appears under its name with mode 0660 and ready to answer; one that was left behind
 * is replaced, one where somebody answers is `API_ADDRESS_IN_USE`. TCP is for loopback alone, for there are no
 * credentials on it: `API_BAD_ADDRESS`.
 */
export async function listen(server: Server, text: string): Promise<Listener> {
  const address = parseAddress(text)
  if ('socketPath' in address) return listenOnSocket(server, address.socketPath)
  if (!LOOPBACK.test(address.host)) {
    throw new ApiError('API_BAD_ADDRESS', `will not listen on ${text}: whoever connects has root on this machine`, {
      kind: 'denied',
      hint: 'listen on 127.0.0.1 or a unix socket',
    })
  }
  await opened(server, address, text)
  const { address: host, port } = server.address() as AddressInfo
  return { address: `tcp://${host.includes(':') ? `[${host}]` : host}:${port}`, release: async () => undefined }
}

async function listenOnSocket(server: Server, path: string): Promise<Listener> {
  if (!(await isFree(path))) throw inUse(`unix://${path}`)
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(4).toString('hex')}`)
  try {
    await opened(server, { socketPath: temporary }, `unix://${path}`)
    await chmod(temporary, 0o660)
    await rename(temporary, path)
  } catch (error) {
    server.close()
    await rm(temporary, { force: true })
    throw error
  }
  const { ino } = await lstat(path)
  return { address: `unix://${path}`, release: () => removeOwn(path, ino) }
}

/** Whether nothing is at the path, or a socket where nobody answers. */
async function isFree(path: string): Promise<boolean> {
  try {
    if (!(await lstat(path)).isSocket()) return false
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return true
    throw error
  }
  return new Promise((resolve, reject) => {
    const probe = connect(path)
    probe.once('connect', () => {
      probe.destroy()
      resolve(false)
    })
    probe.once('error', (error) => (hasErrno(error, 'ECONNREFUSED', 'ENOENT') ? resolve(true) : reject(error)))
  })
}

function opened(server: Server, address: Address, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(hasErrno(error, 'EADDRINUSE') ? inUse(text, error) : error))
    server.listen('socketPath' in address ? { path: address.socketPath } : address, resolve)
  })
}

function inUse(address: string, cause?: unknown): ApiError {
  return new ApiError('API_ADDRESS_IN_USE', `somebody listens on ${address} already`, {
    kind: 'conflict',
    hint: 'stop the other daemon or choose another address',
    cause,
  })
}

/** Another daemon may have taken the path over in the meantime. */
async function removeOwn(path: string, ino: number): Promise<void> {
  try {
    if ((await lstat(path)).ino === ino) await rm(path)
  } catch (error) {
    if (!hasErrno(error, 'ENOENT')) throw error
  }
}
