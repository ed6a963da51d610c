/** Where programs are searched when the environment has no PATH; Docker's. */
export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** The files to try for a program: itself when its name has a slash, else one in each absolute directory of PATH. */
export function execFiles(program: string, env: readonly string[] = []): string[] {
  if (program.includes('/')) return [program]
  const path = env.findLast((entry) => entry.startsWith('PATH='))?.slice('PATH='.length) ?? DEFAULT_PATH
  const directories = path.split(':').filter((directory) => directory.startsWith('/'))
  return [...new Set(directories.map((directory) => `${directory.replace(/\/+$/, '')}/${program}`))]
}
