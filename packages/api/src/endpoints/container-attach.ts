import type { Endpoint } from '../endpoint.ts'
import { parseDetachKeys } from '../server/detach-keys.ts'
import type { Handler } from '../server/handler.ts'

/** Attaches to the streams of a container. */
export const containerAttach = {
  method: 'POST',
  path: '/containers/{id}/attach',
  summary: 'Attaches to the streams of a container.',
  query: { detachKeys: 'string', logs: 'flag', stream: 'flag', stdin: 'flag', stdout: 'flag', stderr: 'flag' },
  answer: 'hijack',
} as const satisfies Endpoint

export const containerAttachHandler: Handler<typeof containerAttach> = async ({ engine, params, query }) => {
  const { id, spec } = engine.containers.get(params.id)
  const detachKeys = parseDetachKeys(query.detachKeys ?? '')
  const { logs, stream, stdin, stdout, stderr } = query
  return {
    stream: await engine.containers.attach(id, { logs, stream: stream ?? false, stdin, stdout, stderr }),
    tty: spec.tty,
    detachKeys,
  }
}
