import type { Context } from './context.ts'

/** Asks a question and takes `y` or `yes` for a yes; the end of stdin is a no. */
export async function confirm({ stdin, stdout }: Context, question: string): Promise<boolean> {
  stdout.write(`${question} [y/N] `)
  let answer = ''
  for await (const chunk of stdin) {
    answer += String(chunk)
    if (answer.includes('\n')) break
  }
  return /^y(es)?\s*$/i.test(answer.split('\n', 1)[0] ?? '')
}
