// `npm test`: builds, then runs every test there is and ends with the line `N passed, N failed[, N skipped]`.
// Tests that need something this machine lacks are skipped and counted, with the reason; with CI=true a skip is a failure.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { leftBehind, leftovers } from './leftovers.mjs'
import { preflight } from './preflight.mjs'

const asked = process.argv.slice(2).filter((argument) => !argument.startsWith('-'))
const projects = asked.length > 0 ? asked : ['unit', 'kernel', 'e2e']
const scratch = mkdtempSync(join(tmpdir(), 'ct-test-'))

function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' })
  if (error !== undefined) throw error
  return status ?? 1
}

async function runTests() {
  if (run('npx', ['turbo', 'run', 'build', '--output-logs=errors-only']) !== 0) return fail('the build failed: see above')
  const report = join(scratch, 'report.json')
  const before = leftovers()
  const chosen = projects.flatMap((project) => ['--project', project])
  const status = run('npx', ['vitest', 'run', ...chosen, '--reporter=dot', '--reporter=json', `--outputFile.json=${report}`])
  const { numPassedTests, numFailedTests, numPendingTests, numTotalTests, testResults } = JSON.parse(readFileSync(report, 'utf8'))
  // A test file that cannot even be loaded has no tests of its own to fail.
  const broken = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.every((one) => one.status !== 'failed'),
  )
  const left = await leftBehind(before)
  for (const line of left) console.log(`left behind: ${line}`)
  const failed = numFailedTests + broken.length + left.length
  const skipped = numPendingTests + (numTotalTests - numPassedTests - numFailedTests - numPendingTests)
  for (const line of skippedNames(testResults)) console.log(`skipped: ${line}`)
  if (skipped > 0 && process.env.CI === 'true') console.log(`${skipped} tests were skipped; in CI a skip is a failure`)
  console.log(`${numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
  return status !== 0 || failed > 0 || numPassedTests === 0 || (skipped > 0 && process.env.CI === 'true') ? 1 : 0
}

function skippedNames(results) {
  return results.flatMap(({ assertionResults }) =>
    assertionResults.filter(({ status }) => status !== 'passed' && status !== 'failed').map(({ fullName }) => fullName),
  )
}

function fail(message) {
  console.error(message)
  return 1
}

try {
  const missing = preflight()
  process.exitCode = missing === undefined ? await runTests() : fail(missing)
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
