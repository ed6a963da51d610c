/**
 * Fuzzes each fuzz/*.c with libFuzzer, AddressSanitizer and UBSan for a bounded time; ends with 1 when one crashes.
 *
 *   node scripts/fuzz.mjs [seconds = 10] [target …]
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const [seconds = '10', ...chosen] = process.argv.slice(2)
const flags = ['-std=c11', '-Wall', '-Wextra', '-Werror', '-g', '-O1', '-fsanitize=fuzzer,address,undefined', '-fno-sanitize-recover=all']

function stop(line) {
  process.stderr.write(`${line}\n`)
  process.exit(1)
}

/** An operation of a message: its code and its payload. */
function operation(code, ...fields) {
  const payload = Buffer.concat(fields)
  const header = Buffer.alloc(8)
  header.writeUInt16LE(code)
  header.writeUInt32LE(payload.length, 4)
  return Buffer.concat([header, payload])
}

function u32(value) {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

const text = (value) => Buffer.concat([u32(value.length), Buffer.from(`${value}\0`)])
const list = (...values) => Buffer.concat([u32(values.length), ...values.map(text)])

/** Input that decodes, for the fuzzer of each name to begin with. */
const seeds = { plan: planSeeds, apply: applySeeds }

/** Every operation of a tree, alone and together. */
function applySeeds() {
  const meta = Buffer.concat([u32(0o644), u32(0), u32(0), Buffer.of(3), Buffer.alloc(12), u32(1), text('user.a'), text('1')])
  const operations = [
    operation(1, text('d'), meta),
    Buffer.concat([operation(2, text('d/f'), meta, Buffer.of(3, 0, 0, 0, 0, 0, 0, 0)), Buffer.from('abc')]),
    operation(3, text('l'), text('../d'), meta),
    operation(4, text('h'), text('d/f')),
    operation(5, text('n'), meta, Buffer.of(0), u32(1), u32(3)),
    operation(8, text('l/f'), meta),
    operation(7, text('d')),
    operation(6, text('d')),
  ]
  return [...operations, Buffer.concat(operations)].map((bytes) => Buffer.concat([bytes, operation(0)]))
}

function planSeeds() {
  const supervisor = operation(1, ...Array.from({ length: 8 }, () => text('/a')), Buffer.from([0, 1]))
  const exec = operation(42, list('/bin/sh'), list('sh'), list('A=b'))
  const root = operation(16, text('/r'), Buffer.alloc(8), u32(1), text('overlay'), text('o'), list('a=b'), Buffer.alloc(18))
  const rest = [
    operation(37, Buffer.alloc(40)),
    operation(39, u32(0), u32(8), Buffer.alloc(9)),
    operation(36, u32(1), u32(2), u32(1), u32(3)),
  ]
  return [Buffer.concat([supervisor, exec]), Buffer.concat([supervisor, root, ...rest, exec])]
}

function build(name) {
  const output = join(root, 'build', `fuzz-${name}`)
  const sources = readdirSync(join(root, 'c')).filter((file) => file.endsWith('.c') && file !== 'main.c')
  const compiled = spawnSync(
    'clang',
    [...flags, '-o', output, join(root, 'fuzz', `${name}.c`), ...sources.map((file) => join(root, 'c', file))],
    {
      encoding: 'utf8',
    },
  )
  if (compiled.error?.code === 'ENOENT') stop('fuzzing needs clang with libFuzzer (Debian: apt-get install clang)')
  if (compiled.status !== 0) stop(compiled.stderr)
  return output
}

function fuzz(name) {
  const corpus = join(root, 'build', `corpus-${name}`)
  mkdirSync(corpus, { recursive: true })
  seeds[name]?.().forEach((seed, number) => {
    writeFileSync(join(corpus, `seed-${number}`), seed)
  })
  const run = spawnSync(
    build(name),
    [corpus, `-max_total_time=${seconds}`, '-max_len=65536', '-use_value_profile=1', `-artifact_prefix=${corpus}-`],
    {
      encoding: 'utf8',
    },
  )
  const [last = ''] = run.stderr.match(/^#\d+\s+DONE.*$/m) ?? []
  process.stdout.write(`${name}: ${run.status === 0 ? `ok ${last}` : 'CRASHED'}\n`)
  if (run.status !== 0) process.stderr.write(run.stderr.slice(-8000))
  return run.status === 0
}

const targets = readdirSync(join(root, 'fuzz')).map((file) => file.replace(/\.c$/, ''))
const results = targets.filter((name) => chosen.length === 0 || chosen.includes(name)).map(fuzz)
process.exit(results.every(Boolean) ? 0 : 1)
