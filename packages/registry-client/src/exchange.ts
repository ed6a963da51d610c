import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'
import { ResponseBody } from './response-body.ts'

/** An answer as it begins; its body must be read or dumped. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: ResponseBody
}

/** Sends a request and resolves when the answer begins. Rejects with undici's errors, or with the signal's reason. */
export function exchange(dispatcher: Dispatcher, request: Dispatcher.DispatchOptions, signal: AbortSignal | undefined): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined
    let body: ResponseBody | undefined
    const abort = (): void => {
      // The request may still wait for a connection; it is then aborted when it gets one.
      reject(signal?.reason)
      controller?.abort(signal?.reason)
    }
    signal?.addEventListener('abort', abort, { once: true })
    const end = (failure?: { readonly error: unknown }): void => {
      signal?.removeEventListener('abort', abort)
      if (failure !== undefined) reject(failure.error)
      body?.end(failure)
    }
    dispatcher.dispatch(request, {
      onRequestStart(started) {
        controller = started
        if (signal?.aborted === true) abort()
      },
      onResponseStart(started, status, headers) {
        // Such as 100 Continue: the answer is yet to come.
        if (status < 200) return
        body = new ResponseBody(started, lengthOf(headers))
        resolve({ status, headers, body })
      },
      onResponseData: (_, chunk) => body?.add(chunk),
      onResponseEnd: () => end(),
      onResponseError: (_, error) => end({ error }),
    })
  })
}

function lengthOf({ 'content-length': length }: IncomingHttpHeaders): number | undefined {
  return length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : undefined
}
