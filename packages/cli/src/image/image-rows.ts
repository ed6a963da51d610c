import type { ImageSummary } from '@ct/api'
import { shortId } from '../container/container-rows.ts'
import type { Column } from '../format/list.ts'
import { decimalSize } from '../format/size.ts'
import { goTime, humanDuration } from '../format/time.ts'
import { splitReference } from './reference.ts'

/** One line of `images`: a tag of an image, or a digest, or neither. */
export interface ImageRow {
  readonly image: ImageSummary
  readonly repository: string
  readonly tag: string
  readonly digest: string
}

const NONE = '<none>'

/** One row per tag; an image without tags has one row, by its repository if a digest tells it. */
export function imageRows(images: readonly ImageSummary[], withDigests: boolean): readonly ImageRow[] {
  return images.flatMap((image) => {
    const digests = (image.RepoDigests ?? []).filter((text) => !text.startsWith(NONE)).map(splitReference)
    const tags = (image.RepoTags ?? []).filter((text) => !text.startsWith(NONE)).map(splitReference)
    const digestOf = (name: string): string => digests.find((one) => one.name === name)?.digest ?? NONE
    if (tags.length > 0) return tags.map(({ name, tag = NONE }) => ({ image, repository: name, tag, digest: digestOf(name) }))
    const shown = withDigests ? digests : digests.slice(0, 1)
    if (shown.length === 0) return [{ image, repository: NONE, tag: NONE, digest: NONE }]
    return shown.map(({ name, digest = NONE }) => ({ image, repository: name, tag: NONE, digest }))
  })
}

/** The columns of `images`. */
export function imageColumns({ noTrunc, digests }: { readonly noTrunc: boolean; readonly digests: boolean }): readonly Column<ImageRow>[] {
  return [
    { field: 'Repository', heading: 'REPOSITORY', value: ({ repository }) => repository },
    { field: 'Tag', heading: 'TAG', value: ({ tag }) => tag },
    { field: 'Digest', heading: 'DIGEST', value: ({ digest }) => digest, hidden: !digests },
    { field: 'ID', heading: 'IMAGE ID', value: ({ image: { Id } }) => (noTrunc ? Id : shortId(Id)) },
    { field: 'CreatedSince', heading: 'CREATED', value: ({ image: { Created } }) => `${humanDuration(Date.now() - Created * 1000)} ago` },
    { field: 'Size', heading: 'SIZE', value: ({ image: { Size } }) => decimalSize(Size) },
    { field: 'CreatedAt', heading: 'CREATED AT', value: ({ image: { Created } }) => goTime(new Date(Created * 1000)), hidden: true },
    {
      field: 'Containers',
      heading: 'CONTAINERS',
      value: ({ image: { Containers } }) => (Containers < 0 ? 'N/A' : String(Containers)),
      hidden: true,
    },
    { field: 'SharedSize', heading: 'SHARED SIZE', value: ({ image: { SharedSize } }) => sharedSize(SharedSize), hidden: true },
  ]
}

function sharedSize(bytes: number): string {
  return bytes < 0 ? 'N/A' : decimalSize(bytes)
}
