/**
 * Builds the helper from c/*.c into packages/native-linux-<arch>/bin/ct-native, when it is older than its sources.
 *
 *   node scripts/build.mjs                the static program of this machine's architecture ($CC, or cc)
 *   node scripts/build.mjs --sanitize     in its place one with ASan and UBSan, for a run of the kernel tests; what they
 *                                         find is written to build/sanitizer.<pid>
 *   node scripts/build.mjs --force        also when it is up to date
 *   node scripts/build.mjs --output PATH  elsewhere; -DCT_FORCE_OLD_OVERLAY makes overlays as kernels before 6.5 need it
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const compiler = process.env.CC || 'cc'
const defines = process.argv.filter((argument) => argument.startsWith('-D'))
const common = ['-std=c11', '-Wall', '-Wextra', '-Werror', '-g0', ...defines]
const release = [
  ...common,
  '-O2',
  '-static',
  '-fno-asynchronous-unwind-tables',
  '-fstack-protector-strong',
  '-ffunction-sections',
  '-Wl,--gc-sections,-s',
]
const sanitize = [
  ...[...common, '-O1', '-g', '-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-fno-omit-frame-pointer'],
  `-DCT_SANITIZER_OPTIONS="detect_leaks=0:log_path=${join(root, 'build', 'sanitizer')}"`,
  join(root, 'scripts', 'sanitizer-options.c'),
]

function modifiedAt(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}

function stop(line) {
  process.stderr.write(`${line}\n`)
  process.exit(1)
}

/** What to say when the compiler failed: the one line that helps, else what it printed. */
function explain({ error, stderr }) {
  if (error?.code === 'ENOENT')
    return `ct-native needs a C compiler: ${compiler} was not found; install one (Debian: apt-get install gcc libc6-dev) or set CC`
  if (/cannot find -lc\b|libc\.a/.test(stderr))
    return 'ct-native is linked statically: libc.a was not found; install it (Debian: libc6-dev, Fedora: glibc-static)'
  return `ct-native did not compile with ${compiler}:\n${stderr || error}`
}

function build(output, flags) {
  const sources = readdirSync(join(root, 'c')).map((name) => join(root, 'c', name))
  const newest = Math.max(...[...sources, fileURLToPath(import.meta.url)].map(modifiedAt))
  const isPlain = !process.argv.includes('--force') && !process.argv.includes('--sanitize')
  if (isPlain && modifiedAt(output) > newest) return
  mkdirSync(dirname(output), { recursive: true })
  const temporary = `${output}.${process.pid}`
  try {
    const result = spawnSync(compiler, [...flags, '-o', temporary, ...sources.filter((path) => path.endsWith('.c'))], { encoding: 'utf8' })
    if (result.status !== 0) stop(explain(result))
    renameSync(temporary, output)
  } finally {
    rmSync(temporary, { force: true })
  }
}

if (process.platform !== 'linux') process.exit(0) // nothing to build: the packages type-check and bundle without it
const installed = join(root, '..', `native-linux-${process.arch}`, 'bin', 'ct-native')
const outputAt = process.argv.indexOf('--output') + 1
build(outputAt > 0 ? process.argv[outputAt] : installed, process.argv.includes('--sanitize') ? sanitize : release)
