import { describe, expect, it } from 'vitest'
import { renderList } from '../../src/format/list.ts'

interface Row {
  readonly id: number
  readonly name: string
}
const rows: readonly Row[] = [
  { id: 1, name: 'one' },
  { id: 2, name: 'two' },
]
const columns = [
  { field: 'ID', heading: 'THING ID', value: ({ id }: Row) => String(id) },
  { field: 'Name', heading: 'NAME', value: ({ name }: Row) => name },
  { field: 'Upper', heading: 'UPPER', value: ({ name }: Row) => name.toUpperCase(), hidden: true },
]

describe('renderList', () => {
  it.each([
    [undefined, 'THING ID   NAME\n1          one\n2          two\n'],
    ['table', 'THING ID   NAME\n1          one\n2          two\n'],
    ['{{.ID}}={{.Upper}}', '1=ONE\n2=TWO\n'],
    ['table {{.Name}}\\t{{.ID}}', 'NAME      THING ID\none       1\ntwo       2\n'],
    ['{{json .}}', '{"ID":"1","Name":"one","Upper":"ONE"}\n{"ID":"2","Name":"two","Upper":"TWO"}\n'],
  ])('%s', (format, expected) => {
    expect(renderList({ rows, columns, format })).toBe(expected)
  })

  it('prints what the API answered for json', () => {
    expect(JSON.parse(renderList({ rows, columns, format: 'json' }))).toEqual(rows)
    expect(JSON.parse(renderList({ rows, columns, json: { all: 2 }, format: 'json' }))).toEqual({ all: 2 })
  })

  it('prints only the ids when quiet, unless a template says otherwise', () => {
    const quiet = ({ id }: Row): string => `#${id}`
    expect(renderList({ rows, columns, quiet })).toBe('#1\n#2\n')
    expect(renderList({ rows, columns, quiet, format: '{{.Name}}' })).toBe('one\ntwo\n')
  })

  it('says which field is not there', () => {
    expect(() => renderList({ rows, columns, format: '{{.Nope}}' })).toThrow(/Nope/)
  })
})
