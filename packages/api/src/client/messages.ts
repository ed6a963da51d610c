import { ApiError } from '../errors.ts'
import { parseAnswer, readFailure } from './answer.ts'

/** Splits bytes into the JSON values on its lines. `API_FAILED_MIDWAY` when one of them reports the failure of the whole. */
export async function* readMessages(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<unknown, void, undefined> {
  for await (const line of readLines(bytes)) {
    if (line.trim() === '') continue
    const message = parseAnswer(line)
    throwIfFailure(message)
    yield message
  }
}

async function* readLines(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of bytes) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  yield rest + decoder.decode()
}

function throwIfFailure(message: unknown): void {
  if (typeof message !== 'object' || message === null || !('error' in message || 'errorDetail' in message)) return
  const { error, errorDetail } = message as { readonly error?: unknown; readonly errorDetail?: unknown }
  const failure = readFailure(errorDetail) ?? readFailure({ message: error })
  if (failure !== undefined) throw new ApiError('API_FAILED_MIDWAY', failure.message, { kind: 'internal', ...failure })
}
