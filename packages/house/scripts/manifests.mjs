// Packs every published package and asks publint and attw whether a consumer can use the tarball.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'

const root = fileURLToPath(new URL('../../', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'ct-pack-'))
let wrong = 0

function attw(tarball) {
  try {
    execFileSync('npx', ['attw', tarball, '--profile', 'esm-only', '--format', 'ascii'], { encoding: 'utf8', stdio: 'pipe' })
    return []
  } catch (error) {
    return [`attw:\n${error.stdout}`]
  }
}

try {
  for (const name of readdirSync(root).sort()) {
    const pkgDir = join(root, name)
    const manifest = JSON.parse(readFileSync(join(pkgDir, 'package.json'), 'utf8'))
    if (manifest.private === true || name.startsWith('native-linux-')) continue
    const [{ filename }] = JSON.parse(
      execFileSync('npm', ['pack', '--json', '--pack-destination', scratch], { cwd: pkgDir, encoding: 'utf8' }),
    )
    const { messages, pkg } = await publint({ pkgDir, strict: true })
    const problems = [...messages.map((message) => formatMessage(message, pkg)), ...attw(join(scratch, filename))]
    console.log(`${problems.length === 0 ? 'ok' : 'WRONG'} ${manifest.name}`)
    for (const problem of problems) console.log(`  ${problem}`)
    wrong += problems.length
  }
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
process.exitCode = wrong === 0 ? 0 : 1
