// Writes COMMANDS.md from the help of the built command (`npm run build` first). A test holds the file to the sources.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../dist/ct.cjs', import.meta.url))
const page = fileURLToPath(new URL('../COMMANDS.md', import.meta.url))

/** The page, from a function that gives what `ct ARGS…` prints. */
export async function commandsPage(help) {
  const overview = await help(['--help'])
  const names = Array.from(overview.split('Options:')[0].matchAll(/^ {2}(\S+(?: \S+){0,2}) {2,}\S/gm), ([, name]) => name)
  const block = (text) => `\`\`\`text\n${text.trimEnd()}\n\`\`\`\n`
  const sections = [
    '# The commands of ct\n',
    '<!-- written by scripts/docs.mjs -->\n',
    'Words, flags, output and exit statuses are those of docker; `--format json` prints what the API answered.\n',
    block(overview),
  ]
  for (const name of names) sections.push(`## ct ${name}\n`, block(await help([...name.split(' '), '--help'])))
  return sections.join('\n')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(page, await commandsPage((args) => execFileSync(process.execPath, [program, ...args], { encoding: 'utf8' })))
}
