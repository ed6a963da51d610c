import type { Flags } from '../parser/command.ts'
import { renderTable } from './table.ts'
import { parseTemplate, renderValue, type TemplateNode } from './template.ts'

/** One column of a listing: its heading, and the name by which `--format` asks for it. */
export interface Column<Row> {
  readonly field: string
  readonly heading: string
  readonly value: (row: Row) => string
  /** Shown only when a template asks for it. @default false */
  readonly hidden?: boolean
}

/** How a listing is asked for. */
export interface ListOptions<Row> {
  readonly rows: readonly Row[]
  readonly columns: readonly Column<Row>[]
  /** What `json` prints. @default the rows */
  readonly json?: unknown
  /** `table`, `json`, a template, or `table TEMPLATE`. @default 'table' */
  readonly format?: string | undefined
  /** Prints only this, one a line. */
  readonly quiet?: ((row: Row) => string) | undefined
}

/** The flags that every listing has. */
export const LIST_FLAGS = {
  quiet: { type: 'boolean', short: 'q', summary: 'Print only the ids or names' },
  format: { type: 'string', summary: "'table', 'json' (what the API answers), 'table TEMPLATE' or a template: '{{.ID}}: {{json .Names}}'" },
} as const satisfies Flags

/** A listing as text: a table, what the API answered as JSON, or a template per row. Throws `CLI_BAD_TEMPLATE`. */
export function renderList<Row>({ rows, columns, json = rows, format = 'table', quiet }: ListOptions<Row>): string {
  if (quiet !== undefined && (format === 'table' || format === '')) return rows.map((row) => `${quiet(row)}\n`).join('')
  if (format === 'json') return `${JSON.stringify(json, undefined, 2)}\n`
  if (format === 'table' || format === '') {
    const shown = columns.filter(({ hidden }) => hidden !== true)
    return renderTable([shown.map(({ heading }) => heading), ...rows.map((row) => shown.map(({ value }) => value(row)))])
  }
  const isTable = format.startsWith('table ')
  const nodes = parseTemplate(isTable ? format.slice('table '.length) : format)
  const lines = rows.map((row) => renderRow(nodes, row, columns))
  if (!isTable) return lines.map((line) => `${line}\n`).join('')
  const headings = renderValue(nodes, Object.fromEntries(columns.map(({ field, heading }) => [field, heading])))
  return renderTable([headings, ...lines].map((line) => line.split('\t')))
}

function renderRow<Row>(nodes: readonly TemplateNode[], row: Row, columns: readonly Column<Row>[]): string {
  return renderValue(nodes, Object.fromEntries(columns.map(({ field, value }) => [field, value(row)])))
}
