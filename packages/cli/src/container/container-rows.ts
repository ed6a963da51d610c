import type { ContainerSummary, PortSummary } from '@ct/api'
import type { Column } from '../format/list.ts'
import { decimalSize } from '../format/size.ts'
import { goTime, humanDuration } from '../format/time.ts'

const SHORT_ID = 12
const COMMAND_WIDTH = 20

/** The first twelve digits of an id, without an algorithm before it. */
export function shortId(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, SHORT_ID)
}

/** Keeps a text within a width, the last character being `…` when it was longer. */
export function ellipsis(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`
}

/** The columns of `ps`. */
export function containerColumns({
  noTrunc,
  size,
}: {
  readonly noTrunc: boolean
  readonly size: boolean
}): readonly Column<ContainerSummary>[] {
  const command = (row: ContainerSummary): string => JSON.stringify(noTrunc ? row.Command : ellipsis(row.Command, COMMAND_WIDTH))
  return [
    { field: 'ID', heading: 'CONTAINER ID', value: ({ Id }) => (noTrunc ? Id : shortId(Id)) },
    { field: 'Image', heading: 'IMAGE', value: ({ Image }) => (!noTrunc && Image.startsWith('sha256:') ? shortId(Image) : Image) },
    { field: 'Command', heading: 'COMMAND', value: command },
    { field: 'RunningFor', heading: 'CREATED', value: ({ Created }) => `${humanDuration(Date.now() - Created * 1000)} ago` },
    { field: 'Status', heading: 'STATUS', value: ({ Status }) => Status },
    { field: 'Ports', heading: 'PORTS', value: ({ Ports }) => formatPorts(Ports ?? []) },
    { field: 'Names', heading: 'NAMES', value: ({ Names }) => plainNames(Names).join(',') },
    { field: 'Size', heading: 'SIZE', value: formatSize, hidden: !size },
    { field: 'CreatedAt', heading: 'CREATED AT', value: ({ Created }) => goTime(new Date(Created * 1000)), hidden: true },
    { field: 'State', heading: 'STATE', value: ({ State }) => State, hidden: true },
    { field: 'Labels', heading: 'LABELS', value: ({ Labels }) => pairs(Labels), hidden: true },
    { field: 'Mounts', heading: 'MOUNTS', value: ({ Mounts }) => mountNames(Mounts ?? [], noTrunc), hidden: true },
    { field: 'LocalVolumes', heading: 'LOCAL VOLUMES', value: ({ Mounts }) => String(countVolumes(Mounts ?? [])), hidden: true },
    {
      field: 'Networks',
      heading: 'NETWORKS',
      value: ({ NetworkSettings }) => Object.keys(NetworkSettings?.Networks ?? {}).join(','),
      hidden: true,
    },
  ]
}

/** Names without their slash; those that are links into another container are left out. */
function plainNames(names: readonly string[]): readonly string[] {
  return names.map((name) => name.replace(/^\//, '')).filter((name) => !name.includes('/'))
}

/** `0.0.0.0:8080->80/tcp, 443/tcp`. */
export function formatPorts(ports: readonly PortSummary[]): string {
  return [...ports]
    .sort((a, b) => a.PrivatePort - b.PrivatePort || a.Type.localeCompare(b.Type))
    .map(({ IP, PublicPort, PrivatePort, Type }) => {
      const inside = `${PrivatePort}/${Type}`
      if (PublicPort === undefined || PublicPort === 0) return inside
      return `${IP?.includes(':') === true ? `[${IP}]` : (IP ?? '')}:${PublicPort}->${inside}`
    })
    .join(', ')
}

/** `key=value,key=value`. */
export function pairs(map: Readonly<Record<string, string>> | null | undefined): string {
  return Object.entries(map ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
}

function formatSize({ SizeRw = 0, SizeRootFs = 0 }: ContainerSummary): string {
  return SizeRootFs > 0 ? `${decimalSize(SizeRw)} (virtual ${decimalSize(SizeRootFs)})` : decimalSize(SizeRw)
}

function mountNames(mounts: ContainerSummary['Mounts'], noTrunc: boolean): string {
  return mounts
    .map(({ Name, Source }) => Name || Source)
    .map((name) => (noTrunc ? name : ellipsis(name, 15)))
    .join(',')
}

function countVolumes(mounts: ContainerSummary['Mounts']): number {
  return mounts.filter(({ Driver }) => Driver === 'local').length
}
