import { describe, expect, it } from 'vitest'
import { createProgressView } from '../../src/progress/progress-view.ts'
import { Recorder } from '../recorder.ts'

const MESSAGES = [
  { status: 'Pulling from library/debian', id: 'latest' },
  { status: 'Waiting', id: 'aaa', progressDetail: {} },
  { status: 'Waiting', id: 'bbb', progressDetail: {} },
  { status: 'Downloading', id: 'aaa', progressDetail: { current: 10, total: 100 } },
  { status: 'Downloading', id: 'aaa', progressDetail: { current: 50, total: 100 } },
  { status: 'Pull complete', id: 'bbb', progressDetail: {} },
  { status: 'Pull complete', id: 'aaa', progressDetail: {} },
  { status: 'Digest: sha256:1234' },
]

/** What a terminal shows after the escape sequences that the view uses: up, return, clear line, clear below. */
function screen(text: string): readonly string[] {
  const lines = ['']
  let row = 0
  let column = 0
  for (const [token] of text.matchAll(/\x1b\[(\d*)([AKJ])|\n|\r|[^\x1b\n\r]+/g)) {
    const [, count, command] = /^\x1b\[(\d*)([AKJ])$/.exec(token) ?? []
    if (command === 'A') row -= Number(count)
    else if (command === 'K') lines[row] = (lines[row] ?? '').slice(0, column)
    else if (command === 'J') lines.splice(row, lines.length, (lines[row] ?? '').slice(0, column))
    else if (token === '\r') column = 0
    else if (token === '\n') {
      row++
      column = 0
      lines[row] ??= ''
    } else {
      lines[row] = (lines[row] ?? '').slice(0, column) + token + (lines[row] ?? '').slice(column + token.length)
      column += token.length
    }
  }
  return lines
}

describe('createProgressView', () => {
  it('writes one line per change of status where there is no terminal', () => {
    const output = new Recorder()
    const view = createProgressView(output)
    for (const message of MESSAGES) view.update(message)
    view.finish()
    expect(output.text.split('\n')).toEqual([
      'latest: Pulling from library/debian',
      'aaa: Waiting',
      'bbb: Waiting',
      'bbb: Pull complete',
      'aaa: Pull complete',
      'Digest: sha256:1234',
      '',
    ])
  })

  it('redraws a line per layer in place on a terminal', () => {
    const output = new Recorder({ isTTY: true, columns: 60 })
    let now = 1000
    const view = createProgressView(output, { now: () => now, intervalMs: 500 })
    for (const message of MESSAGES.slice(0, 5)) {
      view.update(message)
      now += 600
    }
    expect(screen(output.text)).toEqual([
      'latest: Pulling from library/debian',
      'aaa: Downloading [==========>          ]  50B/100B  66.7B/s',
      'bbb: Waiting',
      '',
    ])
    for (const message of MESSAGES.slice(5)) view.update(message)
    view.finish()
    expect(screen(output.text).slice(1)).toEqual(['aaa: Pull complete', 'bbb: Pull complete', 'Digest: sha256:1234', ''])
  })

  it('draws no more lines than the terminal has', () => {
    const output = new Recorder({ isTTY: true, columns: 40, rows: 5 })
    const view = createProgressView(output, { now: () => 0, intervalMs: 0 })
    for (let layer = 0; layer < 20; layer++) view.update({ id: `layer${layer}`, status: 'Waiting' })
    expect(screen(output.text)).toHaveLength(5)
  })

  it('passes plain output through', () => {
    for (const isTTY of [false, true]) {
      const output = new Recorder({ isTTY })
      const view = createProgressView(output)
      view.update({ stream: 'Loaded image: x\n' })
      view.finish()
      expect(screen(output.text)).toEqual(['Loaded image: x', ''])
    }
  })
})
