import { once } from 'node:events'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { corruptBody } from './corrupt-body.ts'

/** What a thread is asked: to go on with its body, after it took the next bytes of it, or the end. */
export interface DecodeRequest {
  readonly input?: Uint8Array<ArrayBuffer>
  readonly isEnd?: boolean
}

/** Some content, and what the thread wants for more of it; or why there is no more. */
export type DecodeReply =
  | { readonly content: readonly Uint8Array<ArrayBuffer>[]; readonly wants: 'turn' | 'input' | 'nothing' }
  | { readonly error: string }

/** How long a thread waits for another body: the next layer's comes at once, or never. */
const IDLE_MS = 1000

/** The built program, next to the built library, also when the library runs from its sources. */
const program = join(dirname(createRequire(import.meta.url).resolve('@ct/layerfs/package.json')), 'dist/zstd-worker.js')

const idle: ZstdThread[] = []

/** A thread that decodes zstd, one body after the other. */
export class ZstdThread {
  /** It needs neither our environment nor the flags that we were started with. */
  readonly #worker = new Worker(program, { env: {}, execArgv: [] })
  #expiry: NodeJS.Timeout | undefined

  private constructor() {}

  /** One that waits, or a new one. It keeps the process alive until it is given back. */
  static take(): ZstdThread {
    const thread = idle.pop() ?? new ZstdThread()
    clearTimeout(thread.#expiry)
    thread.#worker.ref()
    return thread
  }

  /** @throws LayerfsError `LAYERFS_COMPRESSION_CORRUPT` */
  async ask(request: DecodeRequest): Promise<Exclude<DecodeReply, { error: string }>> {
    this.#worker.postMessage(request, request.input === undefined ? [] : [request.input.buffer])
    const [reply]: DecodeReply[] = await once(this.#worker, 'message')
    if (reply === undefined || 'error' in reply) throw corruptBody('zstd', reply?.error)
    return reply
  }

  /** Gives it back; one that has not come to the end of its body is of no more use, and its memory is freed with it. */
  async release(isAtEnd: boolean): Promise<void> {
    if (!isAtEnd || idle.length >= availableParallelism()) return void (await this.#worker.terminate())
    idle.push(this)
    this.#worker.unref()
    this.#expiry = setTimeout(() => this.#expire(), IDLE_MS).unref()
  }

  #expire(): void {
    idle.splice(idle.indexOf(this), 1)
    this.#worker.terminate()
  }
}
