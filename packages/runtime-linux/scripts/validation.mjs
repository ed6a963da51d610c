// Runs the validation suite of opencontainers/runtime-tools against runtimes, in turns, and prints what came out as a table.
//
//   node scripts/validation.mjs <runtime-tools> <name>=<program> [<name>=<program>...] [--only <word>] [--details]
//
// <runtime-tools> is a checkout in which `runtimetest` and `validation/*/*.t` have been built (Go 1.21 or newer, which is
// not needed otherwise):
//
//   go build -tags "netgo osusergo" -o runtimetest ./cmd/runtimetest       (with CGO_ENABLED=0)
//   for f in validation/*/*.go; do go build -o "${f%.go}.t" "$f"; done     (but for validation/util)
//
// A program passes when all its assertions hold and it ends with 0; it fails when one does not hold; it errs when it ends
// otherwise or takes too long.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

const PROGRAM_LIMIT_MS = 60_000

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string', default: '' }, details: { type: 'boolean', default: false } },
})
const [checkout = '', ...named] = positionals
if (checkout === '' || named.length === 0) {
  console.error('usage: validation.mjs <runtime-tools> <name>=<program>... [--only <word>] [--details]')
  process.exit(2)
}
const root = resolve(checkout)
const runtimes = named.map((word) => word.split(/=(.*)/s)).map(([name, program]) => ({ name, program }))
const programs = readdirSync(join(root, 'validation'), { recursive: true })
  .filter((path) => path.endsWith('.t') && path.includes(values.only))
  .sort()

const totals = Object.fromEntries(runtimes.map(({ name }) => [name, { pass: 0, fail: 0, error: 0, ok: 0, notOk: 0 }]))
const width = Math.max(...programs.map((path) => path.length)) + 2
console.log(''.padEnd(width) + runtimes.map(({ name }) => name.padEnd(22)).join(''))
for (const path of programs) {
  const results = []
  for (const { name, program } of runtimes) {
    const result = await run(path, program)
    totals[name][result.outcome] += 1
    totals[name].ok += result.ok
    totals[name].notOk += result.failures.length
    results.push({ name, ...result })
  }
  const cells = results.map(({ outcome, ok, failures }) => `${outcome} ${ok}/${ok + failures.length}`.padEnd(22))
  console.log(path.padEnd(width) + cells.join(''))
  if (!values.details) continue
  for (const { name, outcome, failures, words } of results) {
    for (const failure of failures) console.log(`    ${name}: ${failure}`)
    if (outcome === 'error') console.log(`    ${name}: ${words}`)
  }
}
for (const [name, { pass, fail, error, ok, notOk }] of Object.entries(totals)) {
  console.log(`${name}: ${pass} pass, ${fail} fail, ${error} err; ${ok} assertions hold, ${notOk} do not`)
}

/** Runs one program of the suite and reads the TAP that it prints. */
async function run(path, program) {
  const child = spawn(join(root, 'validation', path), [], {
    cwd: root,
    detached: true,
    env: { PATH: process.env.PATH, RUNTIME: program },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let words = ''
  child.stdout.on('data', (chunk) => (out += chunk))
  child.stderr.on('data', (chunk) => (words = (words + chunk).slice(-400)))
  const timer = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), PROGRAM_LIMIT_MS)
  const [status, signal] = await once(child, 'close')
  clearTimeout(timer)
  const lines = out.split('\n')
  const ok = lines.filter((line) => /^ok\b/.test(line)).length
  const failures = lines.filter((line) => /^not ok\b/.test(line) && !/# (TODO|SKIP)/i.test(line))
  const hasPlan = lines.some((line) => /^1\.\.\d+/.test(line))
  const outcome = failures.length > 0 ? 'fail' : status === 0 && hasPlan ? 'pass' : 'error'
  return { outcome, ok, failures, words: signal ? `ended by ${signal}` : words.trim().replaceAll('\n', ' | ') || `ended with ${status}` }
}
