import type { Endpoint, JsonAnswer, JsonBody } from '../endpoint.ts'
import { parseDetachKeys } from '../server/detach-keys.ts'
import type { Handler } from '../server/handler.ts'
import { checkShape, type Shape } from '../server/shape.ts'
import type { ExecCreateBody } from '../wire/exec.ts'

/** Prepares a program to run in a running container. */
export const execCreate = {
  method: 'POST',
  path: '/containers/{id}/exec',
  summary: 'Prepares a program to run in a running container.',
  body: 'json' as JsonBody<ExecCreateBody>,
  answer: 'json' as JsonAnswer<{ readonly Id: string }>,
  status: 201,
} as const satisfies Endpoint

export const execCreateHandler: Handler<typeof execCreate> = async ({ engine, params, json }) => {
  const body = checkShape<ExecCreateBody>(json ?? {}, BODY)
  parseDetachKeys(body.DetachKeys ?? '')
  const { id } = await engine.containers.createExec(params.id, {
    args: body.Cmd ?? [],
    env: body.Env ?? undefined,
    workingDirectory: body.WorkingDir || undefined,
    user: body.User || undefined,
    tty: body.Tty,
    attachStdin: body.AttachStdin,
    attachStdout: body.AttachStdout,
    attachStderr: body.AttachStderr,
    privileged: body.Privileged,
    detachKeys: body.DetachKeys || undefined,
  })
  return { Id: id }
}

const BODY: Shape<ExecCreateBody> = {
  AttachStdin: 'boolean',
  AttachStdout: 'boolean',
  AttachStderr: 'boolean',
  DetachKeys: 'string',
  Tty: 'boolean',
  Env: { list: 'string' },
  Cmd: { list: 'string' },
  Privileged: 'boolean',
  User: 'string',
  WorkingDir: 'string',
  ConsoleSize: { list: 'integer' },
}
