import { CtError } from '@ct/errors'
import { describe, expect, it } from 'vitest'
import { asRunFailure, startExitCode } from '../../src/container/start-failure.ts'
import { CliError } from '../../src/errors.ts'

describe('startExitCode', () => {
  it.each([
    ['exec: "x": executable file not found in $PATH', 127],
    ['exec: "/x": stat /x: no such file or directory', 127],
    ['exec: "/etc/passwd": permission denied', 126],
    ['exec: "/etc": is a directory', 126],
    ['exec /x: exec format error', 126],
    ['error mounting "/x": no such file or directory', 125],
    ['No such image: x:1', 125],
  ])('%s: %d', (message, expected) => {
    expect(startExitCode(message)).toBe(expected)
  })
})

describe('asRunFailure', () => {
  it('keeps words and hint, and gives the exit status of a run', async () => {
    const error = new CtError('X_Y', 'exec: "x": executable file not found in $PATH', { kind: 'invalid', hint: 'look' })
    await expect(asRunFailure(() => Promise.reject(error))).rejects.toMatchObject({
      code: 'CLI_ENGINE_FAILED',
      message: error.message,
      hint: 'look',
      exitCode: 127,
      cause: error,
    })
  })

  it('leaves an exit status that was chosen, and bugs', async () => {
    const chosen = new CliError('CLI_BAD_FLAG', 'x', { kind: 'invalid', exitCode: 125 })
    await expect(asRunFailure(() => Promise.reject(chosen))).rejects.toBe(chosen)
    const bug = new TypeError('x')
    await expect(asRunFailure(() => Promise.reject(bug))).rejects.toBe(bug)
  })
})
