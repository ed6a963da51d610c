import { CliError } from '../errors.ts'
import { callFunction, goString, isTruthy } from './template-values.ts'

/** A piece of a parsed template. */
export type TemplateNode =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'value'; readonly pipeline: Pipeline }
  | {
      readonly kind: 'range' | 'if' | 'with'
      readonly pipeline: Pipeline
      readonly body: readonly TemplateNode[]
      readonly otherwise: readonly TemplateNode[]
    }

/** Commands joined by `|`, each a list of words. */
type Pipeline = readonly (readonly string[])[]

/**
 * Parses the part of Go's templates that people use on docker's command line: `{{.Field.Sub}}`, `{{json .}}`, functions
 * with arguments, `|`, `range`, `if`, `with`, `else`, `end` and `{{-` trimming. Throws `CLI_BAD_TEMPLATE`.
 */
export function parseTemplate(source: string): readonly TemplateNode[] {
  const text = source.replaceAll('\\t', '\t').replaceAll('\\n', '\n')
  const tokens: string[] = []
  let at = 0
  for (const match of text.matchAll(/\{\{(-?)((?:"(?:[^"\\]|\\.)*"|[^"])*?)(-?)\}\}/g)) {
    let before = text.slice(at, match.index)
    if (tokens.at(-1)?.endsWith('-') === true) before = before.trimStart()
    tokens.push(match[1] === '-' ? before.trimEnd() : before, `${(match[2] ?? '').trim()}${match[3] === '-' ? ' -' : ''}`)
    at = match.index + match[0].length
  }
  const rest = text.slice(at)
  if (rest.includes('{{')) throw badTemplate(source, 'unclosed action')
  tokens.push(tokens.at(-1)?.endsWith('-') === true ? rest.trimStart() : rest)
  const reader = { tokens, at: 0, source }
  const { nodes, end } = readNodes(reader)
  if (end !== '') throw badTemplate(source, `unexpected {{${end}}}`)
  return nodes
}

interface Reader {
  readonly tokens: readonly string[]
  at: number
  readonly source: string
}

function readNodes(reader: Reader): { readonly nodes: readonly TemplateNode[]; readonly end: string } {
  const nodes: TemplateNode[] = []
  for (; reader.at < reader.tokens.length; reader.at++) {
    const token = reader.tokens[reader.at] ?? ''
    if (reader.at % 2 === 0) {
      if (token !== '') nodes.push({ kind: 'text', text: token })
      continue
    }
    const action = token.replace(/ ?-$/, '')
    const [word = ''] = action.split(/\s/, 1)
    if (word === 'end' || word === 'else') return { nodes, end: word }
    if (word === 'range' || word === 'if' || word === 'with') nodes.push(readBlock(reader, word, action.slice(word.length)))
    else nodes.push({ kind: 'value', pipeline: readPipeline(action, reader.source) })
  }
  return { nodes, end: '' }
}

function readBlock(reader: Reader, kind: 'range' | 'if' | 'with', condition: string): TemplateNode {
  const pipeline = readPipeline(condition, reader.source)
  reader.at++
  const { nodes: body, end } = readNodes(reader)
  let otherwise: readonly TemplateNode[] = []
  let last = end
  if (end === 'else') {
    reader.at++
    const second = readNodes(reader)
    otherwise = second.nodes
    last = second.end
  }
  if (last !== 'end') throw badTemplate(reader.source, `{{${kind}}} without {{end}}`)
  return { kind, pipeline, body, otherwise }
}

function readPipeline(action: string, source: string): Pipeline {
  const words = action.match(/"(?:[^"\\]|\\.)*"|\||[^\s|"]+/g) ?? []
  const commands: string[][] = [[]]
  for (const word of words) {
    if (word === '|') commands.push([])
    else if (/^[($]/.test(word)) throw badTemplate(source, `${word} is not supported`)
    else commands.at(-1)?.push(word)
  }
  if (commands.some((command) => command.length === 0)) throw badTemplate(source, 'missing value for command')
  return commands
}

/** The text a parsed template makes of a value. Throws `CLI_BAD_TEMPLATE` for a field that is not there. */
export function renderValue(nodes: readonly TemplateNode[], value: unknown): string {
  return nodes.map((node) => renderNode(node, value)).join('')
}

function renderNode(node: TemplateNode, value: unknown): string {
  if (node.kind === 'text') return node.text
  const result = evaluate(node.pipeline, value)
  if (node.kind === 'value') return goString(result)
  if (node.kind === 'range') {
    const items = Array.isArray(result) ? result : Object.values(result ?? {})
    return items.length === 0 ? renderValue(node.otherwise, value) : items.map((item) => renderValue(node.body, item)).join('')
  }
  if (!isTruthy(result)) return renderValue(node.otherwise, value)
  return renderValue(node.body, node.kind === 'with' ? result : value)
}

function evaluate(pipeline: Pipeline, value: unknown): unknown {
  let carried: readonly unknown[] = []
  for (const [first = '', ...words] of pipeline) {
    const args = [...words.map((word) => operand(word, value)), ...carried]
    carried = [/^[.\d"]|^(true|false|nil)$/.test(first) ? operand(first, value) : callFunction(first, args)]
  }
  return carried[0]
}

function operand(word: string, value: unknown): unknown {
  if (word.startsWith('"')) return JSON.parse(word)
  if (/^-?\d+$/.test(word)) return Number(word)
  if (word === 'true' || word === 'false') return word === 'true'
  if (word === 'nil') return undefined
  if (!word.startsWith('.')) throw badTemplate(word, `function "${word}" not defined`)
  return word
    .split('.')
    .filter((name) => name !== '')
    .reduce((inner, name) => field(inner, name, word), value)
}

function field(value: unknown, name: string, path: string): unknown {
  if (value === null || value === undefined) return undefined
  if (typeof value === 'object' && name in value) return (value as Record<string, unknown>)[name]
  throw badTemplate(path, `no field ${name}`)
}

function badTemplate(template: string, reason: string): CliError {
  return new CliError('CLI_BAD_TEMPLATE', `template parsing error in '${template}': ${reason}`, { kind: 'invalid', exitCode: 64 })
}
