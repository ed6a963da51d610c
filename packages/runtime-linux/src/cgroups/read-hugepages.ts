import { readdirSync } from 'node:fs'
import { type Cgroup, directoryOf } from './cgroup.ts'
import { readStat, statNumber, statTable } from './stat-files.ts'
import type { HugepageStats } from './stats.ts'

/** Reads what is used of huge pages, by their size. */
export function readHugepages(cgroup: Cgroup): Record<string, HugepageStats> {
  const directory = directoryOf(cgroup, 'hugetlb')
  if (directory === undefined) return {}
  const isV1 = cgroup.layout.version === 1
  const current = isV1 ? /^hugetlb\.(\w+)\.usage_in_bytes$/ : /^hugetlb\.(\w+)\.current$/
  const sizes = readdirSync(directory).flatMap((file) => current.exec(file)?.[1] ?? [])
  return Object.fromEntries(sizes.map((size) => [size, isV1 ? pagesV1(cgroup, size) : pagesV2(cgroup, size)]))
}

function pagesV1(cgroup: Cgroup, size: string): HugepageStats {
  const read = (name: string) => statNumber(readStat(cgroup, 'hugetlb', `hugetlb.${size}.${name}`))
  return { usageBytes: read('usage_in_bytes'), maxUsageBytes: read('max_usage_in_bytes'), failures: read('failcnt') }
}

/** Version 2 does not keep the maximum. */
function pagesV2(cgroup: Cgroup, size: string): HugepageStats {
  const usageBytes = statNumber(readStat(cgroup, 'hugetlb', `hugetlb.${size}.current`))
  const { max = 0 } = statTable(readStat(cgroup, 'hugetlb', `hugetlb.${size}.events`))
  return { usageBytes, maxUsageBytes: 0, failures: max }
}
