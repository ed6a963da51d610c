import { type Descriptor, formatPlatform, isIndex, parseManifest } from '@ct/image'
import { DistributionError } from '../errors.ts'
import { answerText, type Exchange } from '../exchange.ts'
import { pageOf } from './page.ts'

const PAGE = '100'

/** GET of a page for people: the repositories that the caller may pull from. */
export async function browseRepositories(exchange: Exchange): Promise<void> {
  const { registry, admission } = exchange
  const names = (await registry.listRepositories()).filter((repository) => admission.may({ repository, action: 'pull' }))
  const { items, next } = pageOf(names, withPage(exchange.query))
  const lines = items.map((name) => `<li><a href="/_/${escapeHtml(name)}">${escapeHtml(name)}</a></li>`)
  answerPage(exchange, 'Repositories', `<ul>${lines.join('')}</ul>${more('/', next)}`)
}

/** GET of a page for people: the tags of a repository, and the layers or platforms of each. */
export async function browseRepository(exchange: Exchange): Promise<void> {
  const { repository, query } = exchange
  const tags = new Map((await repository.tags()).map(({ tag, descriptor }) => [tag, descriptor]))
  if (tags.size === 0) throw new DistributionError('DISTRIBUTION_NAME_UNKNOWN', `no tags in ${repository.name}`)
  const { items, next } = pageOf([...tags.keys()].sort(), withPage(query))
  const sections: string[] = []
  for (const tag of items) {
    const descriptor = tags.get(tag)
    if (descriptor !== undefined)
      sections.push(`<h2>${escapeHtml(tag)}</h2><p><code>${descriptor.digest}</code></p>${await contents(exchange, descriptor)}`)
  }
  answerPage(exchange, repository.name, `${sections.join('')}${more(`/_/${repository.name}`, next)}`)
}

async function contents({ registry, signal }: Exchange, descriptor: Descriptor): Promise<string> {
  const manifest = parseManifest(await registry.manifests.read(descriptor, signal), descriptor)
  const rows = isIndex(manifest)
    ? manifest.manifests.map(
        ({ platform, artifactType, ...rest }) => [platform ? formatPlatform(platform) : (artifactType ?? ''), rest] as const,
      )
    : manifest.layers.map((layer) => [layer.mediaType, layer] as const)
  const cells = rows.map(
    ([what, { digest, size }]) => `<tr><td>${escapeHtml(what)}</td><td>${size}</td><td><code>${digest}</code></td></tr>`,
  )
  return `<table><tr><th>${isIndex(manifest) ? 'Platform' : 'Layer'}</th><th>Bytes</th><th>Digest</th></tr>${cells.join('')}</table>`
}

function withPage(query: URLSearchParams): URLSearchParams {
  return new URLSearchParams({ n: PAGE, last: query.get('last') ?? '' })
}

function more(path: string, next: string | undefined): string {
  return next === undefined ? '' : `<p><a href="${escapeHtml(`${path}?${next}`)}">more</a></p>`
}

/** Nothing on the page comes from elsewhere and nothing on it runs, whatever names and types say. */
function answerPage({ response }: Exchange, title: string, body: string): void {
  const style = 'body{font:1rem sans-serif;margin:2rem}td,th{text-align:left;padding-right:1rem}'
  const head = `<meta charset="utf-8"><title>${escapeHtml(title)}</title><style>${style}</style>`
  answerText(response, `<!doctype html><html lang="en"><head>${head}</head><body><h1>${escapeHtml(title)}</h1>${body}</body></html>\n`, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
  })
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
