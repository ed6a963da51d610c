import type { LinuxHugepageLimit, LinuxRdma, LinuxResources } from '../spec/resources.ts'
import type { Controller } from './layout.ts'
import type { Limit } from './limits.ts'

/** Collects limits; what is not given is not written. */
export class LimitList {
  readonly limits: Limit[] = []

  /** Adds a file with its value. */
  add(controller: Controller, file: string, value: number | string | undefined | null): void {
    if (value === undefined || value === null || value === '') return
    this.limits.push({ controller, file, value: String(value) })
  }

  /** Adds one of the cases that {@link Limit} describes. */
  push(limit: Limit): void {
    this.limits.push(limit)
  }
}

/** Without `rsvd` only pages in use are counted, and a program that reserves more is killed when it touches them. */
export function addHugepages(list: LimitList, limits: readonly LinuxHugepageLimit[] = [], suffix: string): void {
  for (const { pageSize, limit } of limits) {
    list.add('hugetlb', `hugetlb.${pageSize}.${suffix}`, limit)
    list.push({ controller: 'hugetlb', file: `hugetlb.${pageSize}.rsvd.${suffix}`, value: String(limit), isOptional: true })
  }
}

/** One line for each device. */
export function addRdma(list: LimitList, rdma: LinuxResources['rdma'] = {}): void {
  for (const [device, limits] of Object.entries(rdma)) list.add('rdma', 'rdma.max', rdmaLine(device, limits))
}

/** A limit of tasks: the kernel's word for none, or the number. */
export function pidsMaximum(pids: LinuxResources['pids']): string | undefined {
  if (pids === undefined || pids === null) return undefined
  return pids.limit > 0 ? String(pids.limit) : 'max'
}

function rdmaLine(device: string, { hcaHandles, hcaObjects }: LinuxRdma): string {
  const handles = hcaHandles === undefined ? '' : ` hca_handle=${hcaHandles}`
  const objects = hcaObjects === undefined ? '' : ` hca_object=${hcaObjects}`
  return `${device}${handles}${objects}`
}
