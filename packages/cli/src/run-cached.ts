import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Script } from 'node:vm'

/**
 * Runs a CommonJS program from V8's code of an earlier run, which saves a tenth of a short command's time. The code is kept in
 * `directory`, beside the program, so whoever may change the one may change the other; it is made anew when program or Node have
 * changed. The program cannot use `import()`. Where the directory cannot be written, the program is compiled each time.
 */
export function runCached(program: string, directory: string): void {
  const { mtimeMs, size } = statSync(program)
  const path = join(directory, `${process.version}-${process.arch}-${size}-${mtimeMs}.bin`)
  const cachedData = readCode(path)
  const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(program, 'utf8')}\n})`
  const script = new Script(source, { filename: program, ...(cachedData !== undefined && { cachedData }) })
  // At the end, as the code then has the functions that were compiled on the way.
  if (cachedData === undefined || script.cachedDataRejected === true) process.once('exit', () => keepCode(path, script.createCachedData()))
  const module = { exports: {} }
  script.runInThisContext()(module.exports, createRequire(program), module, program, dirname(program))
}

function readCode(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch {
    return undefined // Whatever the reason: without it the program is compiled.
  }
}

function keepCode(path: string, code: Uint8Array): void {
  const temporary = `${path}.${process.pid}`
  try {
    rmSync(dirname(path), { recursive: true, force: true })
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(temporary, code)
    renameSync(temporary, path)
  } catch {
    return // An installation that we may not write to: nothing is kept.
  }
}
