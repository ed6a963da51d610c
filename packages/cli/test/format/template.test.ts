import { describe, expect, it } from 'vitest'
import { parseTemplate, renderValue } from '../../src/format/template.ts'

const value = {
  Name: 'web',
  State: { Status: 'running', Pid: 7, OOMKilled: false },
  Args: ['a', 'b'],
  Labels: { one: '1', two: '2' },
  'dotted.key': 'x',
  Empty: [],
  Nothing: null,
}
const render = (template: string): string => renderValue(parseTemplate(template), value)

describe('templates', () => {
  it.each([
    ['plain', 'plain'],
    ['{{.Name}}', 'web'],
    ['{{ .Name }}\\t{{.State.Status}}', 'web\trunning'],
    ['{{.State.Pid}} {{.State.OOMKilled}}', '7 false'],
    ['{{.Args}} {{.Labels}}', '[a b] map[one:1 two:2]'],
    ['{{json .}}', JSON.stringify(value)],
    ['{{json .Args}}', '["a","b"]'],
    ['{{.Name | upper}}', 'WEB'],
    ['{{upper .Name | lower | json}}', '"web"'],
    ['{{join .Args ", "}}', 'a, b'],
    ['{{len .Args}}{{len .Labels}}', '22'],
    ['{{index .Labels "one"}}', '1'],
    ['{{index .Args 1}}', 'b'],
    ['{{range .Args}}<{{.}}>{{end}}', '<a><b>'],
    ['{{range .Empty}}x{{else}}none{{end}}', 'none'],
    ['{{range .Labels}}{{.}} {{end}}', '1 2 '],
    ['{{if .State.OOMKilled}}oom{{else}}fine{{end}}', 'fine'],
    ['{{if eq .Name "web"}}yes{{end}}', 'yes'],
    ['{{with .State}}{{.Status}}{{end}}', 'running'],
    ['a {{- .Name -}} b', 'aweb' + 'b'],
    ['{{"}} quoted"}}', '}} quoted'],
    ['{{.Nothing}} {{.Nothing.Deeper}}', '<no value> <no value>'],
    ['{{println .Name}}', 'web\n'],
  ])('%s', (template, expected) => {
    expect(render(template)).toBe(expected)
  })

  it.each(['{{.Missing}}', '{{nosuch .Name}}', '{{.Name', '{{range .Args}}', '{{end}}', '{{}}', '{{(.Name)}}', '{{json nosuch}}'])(
    'refuses %s',
    (template) => {
      expect(() => render(template)).toThrow(expect.objectContaining({ code: 'CLI_BAD_TEMPLATE', exitCode: 64 }))
    },
  )
})
