// Rewrites surface.json, the frozen list of what every package exports. Review its diff: it is the public contract.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import ts from 'typescript'

const packages = new URL('../../', import.meta.url)
const surface = {}
for (const name of readdirSync(packages).sort()) {
  const manifest = JSON.parse(readFileSync(new URL(`${name}/package.json`, packages), 'utf8'))
  if (manifest.private === true || name.startsWith('native-linux-')) continue
  const file = ts.createSourceFile(
    'index.ts',
    readFileSync(new URL(`${name}/src/index.ts`, packages), 'utf8'),
    ts.ScriptTarget.Latest,
    true,
  )
  surface[name] = file.statements
    .flatMap((statement) =>
      statement.exportClause.elements.map((element) => (statement.isTypeOnly || element.isTypeOnly ? 'type ' : '') + element.name.text),
    )
    .sort()
}
writeFileSync(new URL('../surface.json', import.meta.url), `${JSON.stringify(surface, null, 2)}\n`)
