// What a run of tests may leave behind on the machine: mounts, processes of the helper, cgroups of containers, links of bridges.
import { existsSync, readdirSync, readFileSync } from 'node:fs'

/** Everything of that kind that is there now, as lines for people. */
export function leftovers() {
  return new Set([...mounts(), ...helpers(), ...cgroups(), ...links()])
}

/** What is there now and was not before; given a moment, since processes end after whoever waits for them was told. */
export async function leftBehind(before) {
  for (let attempt = 0; ; attempt++) {
    const left = [...leftovers()].filter((line) => !before.has(line))
    if (left.length === 0 || attempt === 20) return left
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}

function mounts() {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').trim().split('\n')
  return lines.map((line) => `mount ${line.split(' ')[4]}`)
}

function helpers() {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.filter((pid) => programOf(pid).endsWith('/ct-native')).map((pid) => `process ${pid} of the helper`)
}

function programOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0]
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(error.code)) return ''
    throw error
  }
}

/** Directories below the parents that engine and tests use: `ct`, `ct-…`. */
function cgroups() {
  const root = '/sys/fs/cgroup'
  const controllers = existsSync(root) ? readdirSync(root) : []
  return ['', ...controllers].flatMap((controller) =>
    parentsIn(`${root}/${controller}`).flatMap((parent) => directoriesIn(parent).map((name) => `cgroup ${parent}/${name}`)),
  )
}

function parentsIn(directory) {
  return directoriesIn(directory)
    .filter((name) => /^ct(-|$)/.test(name))
    .map((name) => `${directory}/${name}`)
}

function directoriesIn(path) {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(error.code)) return []
    throw error
  }
}

function links() {
  return readdirSync('/sys/class/net')
    .filter((name) => /^(ct|veth)/.test(name))
    .map((name) => `network link ${name}`)
}
