import { MessageChannel, type MessagePort } from 'node:worker_threads'

/** Present from Node 22 on. */
type Transferable = ArrayBufferLike & { transfer?(newLength: number): unknown }

let nowhere: MessagePort | undefined

/**
 * Gives the memory of a buffer back now, not when the garbage collector gets to it: what is allocated next then has
 * memory that the kernel need not clear, and that may still be in the processor's cache. The buffer is empty afterwards.
 */
export function releaseMemory(buffer: Transferable): void {
  if (buffer.transfer !== undefined) buffer.transfer(0)
  else if (buffer instanceof ArrayBuffer) openNowhere().postMessage(undefined, [buffer])
}

/** A port whose other end is closed: what is sent there is freed. */
function openNowhere(): MessagePort {
  if (nowhere === undefined) {
    const { port1, port2 } = new MessageChannel()
    port2.close()
    port1.unref()
    nowhere = port1
  }
  return nowhere
}
