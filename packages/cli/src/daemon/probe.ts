import { connect } from 'node:net'
import { hasErrno } from '@ct/errors'

/** Whether somebody accepts connections at a `unix://` address. Other failures than "nobody" are thrown. */
export async function isListening(host: string): Promise<boolean> {
  const socket = connect(host.slice('unix://'.length))
  try {
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    return true
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ECONNREFUSED')) return false
    if (hasErrno(error, 'EACCES')) return true
    throw error
  } finally {
    socket.destroy()
  }
}
