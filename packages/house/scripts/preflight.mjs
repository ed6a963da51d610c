// What has to be on the machine before anything is built or run; the first thing missing, as one line that says what to do.
import { spawnSync } from 'node:child_process'

/** @param {{ root?: boolean }} needs */
export function preflight({ root = false } = {}) {
  if (process.platform !== 'linux') return 'ct runs containers on Linux only: run this on a Linux machine'
  const compiler = process.env.CC ?? 'cc'
  if (spawnSync(compiler, ['--version']).error !== undefined) {
    return `no C compiler (${compiler}): install one, on Debian and Ubuntu with: apt-get install gcc libc6-dev`
  }
  if (root && process.getuid?.() !== 0) return 'ct needs root to make containers: run this again with sudo'
  return undefined
}
