import type { Duplex } from 'node:stream'
import { PassThrough } from 'node:stream'
import type { Engine, ExecRecord } from '@ct/engine'
import { isCtError } from '@ct/errors'
import type { Endpoint, JsonBody } from '../endpoint.ts'
import { parseDetachKeys } from '../server/detach-keys.ts'
import type { Handler } from '../server/handler.ts'
import { checkShape, type Shape } from '../server/shape.ts'
import { frameHeader } from '../translate/log-frames.ts'
import { terminalSize } from '../translate/terminal-size.ts'
import type { ExecStartBody } from '../wire/exec.ts'

/** Runs a prepared program and attaches to its streams. */
export const execStart = {
  method: 'POST',
  path: '/exec/{id}/start',
  summary: 'Runs a prepared program and attaches to its streams.',
  body: 'json' as JsonBody<ExecStartBody>,
  answer: 'hijack',
} as const satisfies Endpoint

export const execStartHandler: Handler<typeof execStart> = async ({ engine, params, json }) => {
  const body = checkShape<ExecStartBody>(json ?? {}, BODY)
  const [rows, columns] = body.ConsoleSize ?? []
  if (body.ConsoleSize) terminalSize({ h: rows, w: columns })
  const exec = engine.containers.getExec(params.id)
  if (body.Detach === true) {
    await engine.containers.startExec(exec.id, { detach: true, rows, columns })
    return undefined
  }
  const tty = exec.spec.tty ?? false
  return { stream: await startAttached(engine, exec, { rows, columns }), tty, detachKeys: parseDetachKeys(exec.spec.detachKeys ?? '') }
}

const BODY: Shape<ExecStartBody> = { Detach: 'boolean', Tty: 'boolean', ConsoleSize: { list: 'integer' } }

/** A program that cannot be executed says so in the stream, where clients look before they ask for the exit code. */
async function startAttached(
  engine: Engine,
  { id, spec }: ExecRecord,
  size: { readonly rows: number | undefined; readonly columns: number | undefined },
): Promise<Duplex> {
  const output = new PassThrough()
  try {
    return (await engine.containers.startExec(id, size)) ?? output.end()
  } catch (error) {
    if (!isCtError(error) || error.code !== 'ENGINE_START_FAILED') throw error
    const text = Buffer.from(`${error.message}\r\n`)
    return output.end(spec.tty === true ? text : Buffer.concat([frameHeader('stdout', text.length), text]))
  }
}
