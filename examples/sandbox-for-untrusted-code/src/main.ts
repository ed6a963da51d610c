import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createEngine, type Engine } from '@ct/engine'

/** What came of somebody else's program. */
interface Verdict {
  readonly output: string
  readonly exitCode: number
  readonly outOfMemory: boolean
  readonly timedOut: boolean
}

/** Runs JavaScript that nobody has read: no network, nothing of this machine, 64 MiB, half a processor, 32 processes, and not for long. */
async function runUntrusted(engine: Engine, code: string, { timeoutMs = 3000 } = {}): Promise<Verdict> {
  const { id } = await engine.containers.create({
    image: 'sandbox',
    command: [process.execPath, '-e', code],
    user: '65534:65534',
    network: { mode: 'none' },
    resources: { memoryBytes: 64 << 20, memorySwapBytes: 64 << 20, nanoCpus: 500_000_000, pidsLimit: 32 },
    security: { capDrop: ['ALL'], noNewPrivileges: true, readOnlyRootfs: true },
  })
  try {
    await engine.containers.start(id)
    const timer = AbortSignal.timeout(timeoutMs)
    const timedOut = await engine.containers.wait(id, { signal: timer }).then(
      () => false,
      (error: unknown) => {
        if (timer.aborted) return true
        throw error
      },
    )
    if (timedOut) await engine.containers.kill(id)
    const { exitCode } = await engine.containers.wait(id)
    const chunks: Uint8Array[] = []
    for await (const { line } of engine.containers.logs(id, { stdout: true, stderr: true })) chunks.push(line)
    return { output: Buffer.concat(chunks).toString(), exitCode, outOfMemory: engine.containers.get(id).state.oomKilled, timedOut }
  } finally {
    await engine.containers.remove(id, { force: true })
  }
}

const directory = await mkdtemp('/var/tmp/ct-sandbox-')
const archive = join(directory, 'sandbox.tar')
const ct = join(createRequire(import.meta.url).resolve('@ct/cli/package.json'), '../dist/ct.cjs')
await promisify(execFile)(process.execPath, [ct, 'pack', '--name', 'sandbox', '-o', archive, process.execPath])

const engine = await createEngine({ root: join(directory, 'root'), runtimeDirectory: join(directory, 'run') })
try {
  await engine.images.load(createReadStream(archive))
  const cases = {
    'says what it computed': 'console.log(6 * 7)',
    'finds no network': 'fetch("http://192.0.2.1").catch((error) => console.log("no network:", error.cause.code))',
    'finds nothing of this machine': `console.log(require("fs").existsSync(${JSON.stringify(directory)}), require("os").hostname().length)`,
    'cannot write': 'require("fs").writeFileSync("/x", "")',
    'takes all the memory': 'const all = []; for (;;) all.push(Buffer.alloc(1 << 20, 1))',
    'never ends': 'for (;;);',
  }
  const verdicts = new Map<string, Verdict>()
  for (const [what, code] of Object.entries(cases)) {
    const verdict = await runUntrusted(engine, code)
    verdicts.set(what, verdict)
    console.log(`${what}: exit ${verdict.exitCode}${verdict.outOfMemory ? ', out of memory' : ''}${verdict.timedOut ? ', timed out' : ''}`)
  }
  assert.equal(verdicts.get('says what it computed')?.output, '42\n')
  assert.match(verdicts.get('finds no network')?.output ?? '', /^no network: E/)
  assert.equal(verdicts.get('finds nothing of this machine')?.output, 'false 12\n')
  assert.match(verdicts.get('cannot write')?.output ?? '', /EROFS/)
  assert.equal(verdicts.get('takes all the memory')?.outOfMemory, true)
  assert.equal(verdicts.get('never ends')?.timedOut, true)
} finally {
  await engine.close()
  await rm(directory, { recursive: true })
}
