import type { Duplex } from 'node:stream'
import { PassThrough } from 'node:stream'
import { isCtError } from '@ct/errors'
import { EngineError } from '../errors.ts'
import { readLog } from '../logs/read-log.ts'
import type { AttachOptions } from './containers.ts'
import { DeferredStream } from './deferred-stream.ts'
import type { ManagedContainer } from './managed-container.ts'

/** Attaches to a container; before it runs, to the streams that it will have. `ENGINE_PAUSED` is a conflict. */
export async function attachContainer(container: ManagedContainer, asked: AttachOptions): Promise<Duplex> {
  const { record, live } = container
  const { logs = false, stream: isLive = true } = asked
  if (record.state.status === 'paused') {
    throw new EngineError('ENGINE_PAUSED', `container ${record.id} is paused, unpause the container before attach`, { kind: 'conflict' })
  }
  const options = streamsOf(asked)
  const history = logs ? await framedLog(container, options) : []
  if (!isLive) return endedStream(history)
  const stream = new DeferredStream(history)
  if (live === undefined) {
    const entry = { stream, options }
    container.waitingStreams.add(entry)
    stream.once('close', () => container.waitingStreams.delete(entry))
    return stream
  }
  try {
    stream.connect(await live.supervisor.attach(options))
  } catch (error) {
    // It ended in this moment: there is nothing more to read.
    if (!isCtError(error) || error.kind !== 'not-found') throw error
    stream.cancel()
  }
  return stream
}

/** A stdcopy frame: who said it, three zeros, how many bytes, the bytes. */
export function frame(stream: 'stdout' | 'stderr', payload: Uint8Array): Buffer {
  const header = Buffer.alloc(8)
  header.writeUInt8(stream === 'stdout' ? 1 : 2, 0)
  header.writeUInt32BE(payload.length, 4)
  return Buffer.concat([header, payload])
}

function streamsOf({
  stdin = false,
  stdout = false,
  stderr = false,
}: AttachOptions): Required<Pick<AttachOptions, 'stdin' | 'stdout' | 'stderr'>> {
  return stdin || stdout || stderr ? { stdin, stdout, stderr } : { stdin: false, stdout: true, stderr: true }
}

async function framedLog({ record }: ManagedContainer, { stdout, stderr }: AttachOptions): Promise<Buffer[]> {
  if (record.logPath === '') return []
  const chunks: Buffer[] = []
  for await (const { stream, line } of readLog(record.logPath, { isLive: () => false, onEnd: () => () => undefined }, { stdout, stderr })) {
    chunks.push(record.spec.tty ? Buffer.from(line) : frame(stream, line))
  }
  return chunks
}

function endedStream(chunks: readonly Buffer[]): Duplex {
  const stream = new PassThrough()
  for (const chunk of chunks) stream.write(chunk)
  stream.end()
  return stream
}
