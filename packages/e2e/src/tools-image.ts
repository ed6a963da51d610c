import type { Ct } from './ct.ts'

/** Programs of every Debian machine; enough for a shell script to look around in a container. */
export const TOOLS: readonly string[] = (
  'sh bash cat ls echo sleep true false id stat stty tty touch rm mkdir mount hostname seq head tail dd readlink ' +
  'grep ps kill date env wc sort nproc'
)
  .split(' ')
  .map((name) => `/bin/${name}`)

/** An archive of an image with {@link TOOLS} and Debian's python, made by `ct pack`; gives its path. */
export async function toolsArchive(ct: Ct, directory: string): Promise<string> {
  const path = `${directory}/tools.tar`
  const python = ['--add', '/usr/lib/python3.11', '/usr/bin/python3']
  await ct.output(['pack', '--name', 'tools', '--cmd', '/bin/sh', '-o', path, ...python, ...TOOLS])
  return path
}
