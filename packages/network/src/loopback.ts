import { sendNetlink } from '@ct/native'
import { setLinkUp } from './route-messages.ts'

/** The loopback interface has this index in every network namespace. */
export const LOOPBACK_INDEX = 1

/** Brings up the loopback interface in the network namespace of a process: all that a container without network has. */
export async function bringUpLoopback(pid: number): Promise<void> {
  await sendNetlink({ steps: [{ namespace: `/proc/${pid}/ns/net` }, { protocol: 'route', messages: setLinkUp(LOOPBACK_INDEX) }] })
}
