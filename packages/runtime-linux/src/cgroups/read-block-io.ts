import type { Cgroup } from './cgroup.ts'
import { readStat } from './stat-files.ts'
import type { BlockIoDeviceStats, BlockIoStats } from './stats.ts'

/** What is counted of a device, as numbers that can be added up. */
type Counts = Record<'readBytes' | 'writeBytes' | 'reads' | 'writes', number>

/** Reads block input and output. */
export function readBlockIo(cgroup: Cgroup): BlockIoStats {
  const devices = cgroup.layout.version === 1 ? devicesV1(cgroup) : devicesV2(cgroup)
  const sum = (key: keyof Counts) => devices.reduce((total, device) => total + device[key], 0)
  return { readBytes: sum('readBytes'), writeBytes: sum('writeBytes'), devices }
}

/** Lines are `8:0 Read 4096`, and a total at the end. */
function devicesV1(cgroup: Cgroup): BlockIoDeviceStats[] {
  const devices = new Map<string, Counts>()
  const add = (file: string, keys: Readonly<Record<string, keyof Counts>>) => {
    for (const line of readStat(cgroup, 'blkio', file).split('\n')) {
      const [device = '', kind = '', value = ''] = line.split(' ')
      const key = keys[kind]
      if (key !== undefined) countsOf(devices, device)[key] += Number(value)
    }
  }
  add('blkio.throttle.io_service_bytes', { Read: 'readBytes', Write: 'writeBytes' })
  add('blkio.throttle.io_serviced', { Read: 'reads', Write: 'writes' })
  return listOf(devices)
}

/** Lines are `8:0 rbytes=4096 wbytes=0 …`. */
function devicesV2(cgroup: Cgroup): BlockIoDeviceStats[] {
  const keys: Readonly<Record<string, keyof Counts>> = { rbytes: 'readBytes', wbytes: 'writeBytes', rios: 'reads', wios: 'writes' }
  const devices = new Map<string, Counts>()
  for (const line of readStat(cgroup, 'io', 'io.stat').split('\n')) {
    const [device = '', ...pairs] = line.split(' ')
    for (const [name = '', value = ''] of pairs.map((pair) => pair.split('='))) {
      const key = keys[name]
      if (key !== undefined) countsOf(devices, device)[key] += Number(value)
    }
  }
  return listOf(devices)
}

function countsOf(devices: Map<string, Counts>, device: string): Counts {
  const counts = devices.get(device) ?? { readBytes: 0, writeBytes: 0, reads: 0, writes: 0 }
  devices.set(device, counts)
  return counts
}

function listOf(devices: ReadonlyMap<string, Counts>): BlockIoDeviceStats[] {
  return [...devices].map(([device, counts]) => {
    const [major, minor] = device.split(':').map(Number)
    return { major: major ?? 0, minor: minor ?? 0, ...counts }
  })
}
