// Rewrites ENDPOINTS.md from the declarations in the built package: node scripts/docs.mjs
import { writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const ANSWERS = {
  none: 'nothing',
  json: 'JSON',
  messages: 'JSON messages, one a line',
  bytes: 'bytes',
  hijack: 'the connection, both ways',
}

/** The page that lists every endpoint a module exports. */
export function endpointsPage(api) {
  const endpoints = Object.entries(api)
    .filter(([, value]) => typeof value === 'object' && value !== null && 'method' in value && 'path' in value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  const rows = endpoints.map(([name, endpoint]) => {
    const { method, path, summary, query = {}, body, answer, status = answer === 'none' ? 204 : 200 } = endpoint
    const parameters = Object.entries(query).map(([parameter, kind]) => `\`${parameter}\` ${kind}`)
    const cells = [
      `\`${name}\``,
      `\`${method} ${path.replace('*}', '}')}\``,
      summary,
      parameters.join(', '),
      body ?? '',
      `${status} ${ANSWERS[answer]}`,
    ]
    return cells
  })
  return [
    '# Endpoints of the Engine API',
    '',
    `Version ${api.API_VERSION}, and every older one down to ${api.MINIMUM_API_VERSION}; each path also works behind \`/v<version>\`. The meaning of`,
    "parameters and fields is that of docker's own reference: https://docs.docker.com/reference/api/engine/version/v1.51/.",
    'This page is generated from the declarations: `node packages/api/scripts/docs.mjs` after a build.',
    '',
    ...table(['endpoint', 'route', 'what it does', 'query', 'body', 'answer'], rows),
    '',
  ].join('\n')
}

/** Aligned, as the formatter wants it. */
function table(heading, rows) {
  const widths = heading.map((_, column) => Math.max(...[heading, ...rows].map((row) => row[column].length)))
  const line = (cells, fill = ' ') => `| ${cells.map((cell, column) => cell.padEnd(widths[column], fill)).join(' | ')} |`
  return [
    line(heading),
    line(
      heading.map(() => ''),
      '-',
    ),
    ...rows.map((row) => line(row)),
  ]
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(new URL('../ENDPOINTS.md', import.meta.url), endpointsPage(await import('../dist/index.js')))
}
