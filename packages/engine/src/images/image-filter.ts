import { matchesLabels } from '../store/label-filter.ts'
import type { ImageSummary } from './image-types.ts'
import type { ImageFilters } from './images.ts'

/** Bounds on when an image was made, in milliseconds since 1970. */
export interface CreationBounds {
  readonly before?: number | undefined
  readonly since?: number | undefined
}

/** The images that match every filter; `before`, `since` and `until` come as bounds. */
export function filterImages(images: readonly ImageSummary[], filters: ImageFilters, { before, since }: CreationBounds): ImageSummary[] {
  const { dangling = [], label, reference = [] } = filters
  return images
    .filter(({ repoTags }) => dangling.length === 0 || dangling.some((value) => isTrue(value) === (repoTags.length === 0)))
    .filter(({ labels }) => matchesLabels(labels, label))
    .filter(({ repoTags }) => reference.length === 0 || repoTags.some((tag) => reference.some((pattern) => matchesReference(tag, pattern))))
    .filter(({ createdAt }) => before === undefined || Date.parse(createdAt) < before)
    .filter(({ createdAt }) => since === undefined || Date.parse(createdAt) > since)
}

const isTrue = (value: string): boolean => value === 'true' || value === '1'

/** docker's patterns: wildcards that do not cross a slash, on the name with or without its tag. */
function matchesReference(tag: string, pattern: string): boolean {
  const familiar = pattern.replace(/^docker\.io\/(library\/)?/, '')
  const source = familiar
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]')
  const expression = new RegExp(`^${source}$`)
  return expression.test(tag) || expression.test(tag.slice(0, tag.lastIndexOf(':')))
}
