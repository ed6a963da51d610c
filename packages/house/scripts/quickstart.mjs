// `npm run quickstart`: builds what the quickstart example needs, then runs it.
import { spawnSync } from 'node:child_process'
import { preflight } from './preflight.mjs'

function run(command, args) {
  return spawnSync(command, args, { stdio: 'inherit' }).status ?? 1
}

const missing = preflight({ root: true })
if (missing !== undefined) console.error(missing)
const began = performance.now()
const built =
  missing === undefined && run('npx', ['turbo', 'run', 'build', '--filter=@ct-examples/quickstart', '--output-logs=errors-only']) === 0
if (built) console.log(`${`${(performance.now() - began).toFixed(0)} ms`.padStart(9)}  build`)
process.exitCode = built ? run(process.execPath, ['examples/quickstart/dist/main.js']) : 1
