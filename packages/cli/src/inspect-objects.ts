import { type Client, containerInspect, imageInspect, networkInspect, volumeInspect } from '@ct/api'
import { isCtError } from '@ct/errors'
import type { Context } from './context.ts'
import { parseTemplate, renderValue } from './format/template.ts'
import type { Flags, FlagValues } from './parser/command.ts'

/** What can be inspected, in the order in which a bare name is looked up. */
export const INSPECTABLE = ['container', 'image', 'volume', 'network'] as const

/** A kind of thing that can be inspected. */
export type Inspectable = (typeof INSPECTABLE)[number]

/** The flags of every `inspect`. */
export const INSPECT_FLAGS = {
  format: { type: 'string', short: 'f', summary: "'json' or a template: '{{.State.Status}}', '{{json .Config}}'" },
} as const satisfies Flags

/** Which names are inspected, and how. */
export interface InspectOptions {
  readonly names: readonly string[]
  readonly kinds: readonly Inspectable[]
  readonly flags: FlagValues<typeof INSPECT_FLAGS>
  /** Ask for the sizes of containers. */
  readonly size?: boolean | undefined
}

/** Prints what is found as one JSON array, or a line of the template each; names what is not found. Gives the exit status. */
export async function inspectObjects(context: Context, { names, kinds, flags: { format = '' }, size }: InspectOptions): Promise<number> {
  const template = format === '' || format === 'json' ? undefined : parseTemplate(format)
  const client = await context.connect()
  const found: unknown[] = []
  const problems: string[] = []
  for (const name of names) {
    const value = await lookUp(client, name, { kinds, size })
    if (value !== undefined) found.push(value)
    else problems.push(`no such ${kinds.length === 1 ? kinds[0] : 'object'}: ${name}`)
  }
  if (template !== undefined) for (const value of found) context.stdout.write(`${renderValue(template, value)}\n`)
  else context.stdout.write(`${JSON.stringify(found, undefined, format === 'json' ? undefined : 4)}\n`)
  for (const problem of problems) context.stderr.write(`ct: ${problem}\n`)
  return problems.length === 0 ? 0 : 1
}

async function lookUp(client: Client, name: string, { kinds, size }: Pick<InspectOptions, 'kinds' | 'size'>): Promise<unknown> {
  const steps: Readonly<Record<Inspectable, () => Promise<unknown>>> = {
    container: () => client.call(containerInspect, { params: { id: name }, query: { size } }),
    image: () => client.call(imageInspect, { params: { name } }),
    volume: () => client.call(volumeInspect, { params: { name } }),
    network: () => client.call(networkInspect, { params: { id: name } }),
  }
  for (const kind of kinds) {
    try {
      return await steps[kind]()
    } catch (error) {
      if (!isCtError(error) || error.kind !== 'not-found') throw error
    }
  }
  return undefined
}
