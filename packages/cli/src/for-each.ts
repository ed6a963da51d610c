import { isCtError } from '@ct/errors'
import { type Context, print } from './context.ts'

/**
 * Does one thing for each argument in turn, as docker does: what the step gives is printed, a failure is told on stderr and
 * does not stop the others. Gives the exit status.
 */
export async function forEachArgument(
  args: readonly string[],
  { stdout, stderr }: Context,
  step: (argument: string) => Promise<string | undefined>,
): Promise<number> {
  let exitCode = 0
  for (const argument of args) {
    try {
      print(stdout, (await step(argument)) ?? '')
    } catch (error) {
      if (!isCtError(error) || error.code === 'API_UNREACHABLE') throw error
      stderr.write(`ct: ${error.message}\n`)
      exitCode = 1
    }
  }
  return exitCode
}
