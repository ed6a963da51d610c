import { type Client, imagePull, type ProgressMessage } from '@ct/api'
import type { Context, Output } from '../context.ts'
import { createProgressView } from '../progress/progress-view.ts'
import { registryAuth } from './credentials.ts'
import { splitReference } from './reference.ts'

/** How an image is pulled. */
export interface PullOptions {
  readonly platform?: string | undefined
  /** Where progress is shown; nowhere when absent. */
  readonly progress?: Output | undefined
}

/** Pulls an image with the credentials of its registry and shows the layers as they come. */
export async function pullImage(client: Client, context: Context, reference: string, { platform, progress }: PullOptions): Promise<void> {
  const { name, tag, digest } = splitReference(reference)
  const headers = await registryAuth(name, context.env)
  await showProgress(client.stream(imagePull, { query: { fromImage: name, tag: digest ?? tag ?? 'latest', platform }, headers }), progress)
}

/** Reads the messages of a pull, push or load to their end, showing them on the output if there is one. */
export async function showProgress(messages: AsyncIterable<ProgressMessage>, output: Output | undefined): Promise<void> {
  const view = output === undefined ? undefined : createProgressView(output)
  try {
    for await (const message of messages) view?.update(message)
  } finally {
    view?.finish()
  }
}

/** Bars go to stderr when that is a terminal; plain lines are output like any other. */
export function progressOutput({ stdout, stderr }: Context, quiet: boolean | undefined): Output | undefined {
  if (quiet === true) return undefined
  return stderr.isTTY === true ? stderr : stdout
}
