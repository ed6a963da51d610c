import { mkdir, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, request, type Server } from 'node:http'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { hasErrno } from '@ct/errors'
import type { RegistryHandler } from '@ct/registry'
import type { Context } from '../context.ts'
import { CliError } from '../errors.ts'
import { defaultPlaces } from '../host.ts'

/** What a process that has a registry's directory does for others. */
export type RegistryTasks = Pick<RegistryHandler, 'collect' | 'checkReferrers'>

/** The directory of a registry: the flag, else the default place. */
export function registryRoot(flag: string | undefined, { env }: Pick<Context, 'env'>): string {
  return resolve(flag ?? join(defaultPlaces(env).root, 'registry'))
}

/**
 * Takes a registry's directory for this process alone, for one process writes a store: by a socket in it, on which `ct registry gc`
 * and `check` find us. Throws `CLI_REGISTRY_IN_USE`.
 */
export async function holdRegistryRoot(root: string, tasks: () => RegistryTasks | undefined = () => undefined): Promise<AsyncDisposable> {
  await mkdir(root, { recursive: true })
  const socket = socketPath(root)
  if ((await ask(socket)) !== undefined) {
    throw new CliError('CLI_REGISTRY_IN_USE', `another process serves or cleans the registry in ${root}`, {
      kind: 'conflict',
      hint: 'choose another directory with --root, or let it end first',
    })
  }
  // Nobody answered: what is there was left by a process that was killed.
  await rm(socket, { force: true })
  const server = createServer(async (incoming, response) => {
    try {
      const result = incoming.method === 'POST' ? await carryOut(tasks(), await text(incoming)) : {}
      response.end(JSON.stringify(result))
    } catch (error) {
      response.writeHead(500).end(JSON.stringify({ message: error instanceof Error ? error.message : String(error) }))
    }
  })
  await listen(server, socket)
  return {
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

/** Lets the server of a registry do something; `undefined` when none serves it. Throws `CLI_REGISTRY_IN_USE` when it fails there. */
export async function askRegistry<Name extends keyof RegistryTasks>(
  root: string,
  task: Name,
  options: Parameters<RegistryTasks[Name]>[0],
): Promise<unknown> {
  const answer = await ask(socketPath(root), JSON.stringify({ task, options }))
  if (answer === undefined) return undefined
  const body: unknown = JSON.parse(await text(answer))
  if (answer.statusCode === 200) return body
  const reason = typeof body === 'object' && body !== null && 'message' in body ? String(body.message) : 'it failed'
  throw new CliError('CLI_REGISTRY_IN_USE', `the server of the registry in ${root} could not do it: ${reason}`, { kind: 'unavailable' })
}

function socketPath(root: string): string {
  return join(root, 'control.sock')
}

async function carryOut(tasks: RegistryTasks | undefined, body: string): Promise<unknown> {
  if (tasks === undefined) throw new Error('it is busy; try again soon')
  const { task, options } = JSON.parse(body) as { readonly task: keyof RegistryTasks; readonly options: object }
  return task === 'checkReferrers' ? tasks.checkReferrers(options) : tasks.collect(options)
}

/** With a body, a task; without, the question whether anybody is there. */
function ask(socket: string, body?: string): Promise<IncomingMessage | undefined> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath: socket, path: '/', method: body === undefined ? 'GET' : 'POST', agent: false }, resolve)
    outgoing.on('error', (error) => (hasErrno(error, 'ENOENT', 'ECONNREFUSED') ? resolve(undefined) : reject(error)))
    outgoing.end(body)
  })
}

function listen(server: Server, socket: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(socket, resolve)
  })
}
