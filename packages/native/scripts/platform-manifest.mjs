/**
 * Run by npm in packages/native-linux-<arch> around packing: `pin` checks that the program is there and for that
 * architecture, and writes `os` and `cpu` into the manifest, which let npm install only the package that fits; `unpin`
 * takes them out again, because npm refuses a workspace whose `cpu` is not this machine's.
 */
import { closeSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'

/** e_machine of the ELF header. */
const MACHINES = { x64: 62, arm64: 183 }

function stop(line) {
  process.stderr.write(`${line}\n`)
  process.exit(1)
}

function machineOf(path) {
  const header = Buffer.alloc(20)
  try {
    const fd = openSync(path, 'r')
    readSync(fd, header)
    closeSync(fd)
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
    stop(`${path} is missing: build it on that architecture first (npm run build)`)
  }
  return header.toString('latin1', 1, 4) === 'ELF' ? header.readUInt16LE(18) : -1
}

const directory = process.cwd()
const [, arch] = /^native-linux-(.+)$/.exec(basename(directory)) ?? []
const [action] = process.argv.slice(2)
if (!(arch in MACHINES) || !['pin', 'unpin'].includes(action))
  stop('usage: platform-manifest.mjs pin|unpin, in packages/native-linux-<arch>')

const path = resolve(directory, 'package.json')
const { os: _os, cpu: _cpu, ...manifest } = JSON.parse(readFileSync(path, 'utf8'))
if (action === 'pin') {
  const program = resolve(directory, 'bin/ct-native')
  if (machineOf(program) !== MACHINES[arch]) stop(`${program} is not a program for ${arch}`)
  Object.assign(manifest, { os: ['linux'], cpu: [arch] })
}
writeFileSync(path, `${JSON.stringify(manifest, null, 2)}\n`)
