const DECIMAL = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB']
const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB']

/** Bytes in powers of 1000 with three significant digits, as docker lists sizes: `77.8MB`. */
export function decimalSize(bytes: number): string {
  return scaled(bytes, 1000, DECIMAL, 3)
}

/** Bytes in powers of 1024 with four significant digits, as docker shows memory: `1.945GiB`. */
export function binarySize(bytes: number): string {
  return scaled(bytes, 1024, BINARY, 4)
}

function scaled(bytes: number, base: number, units: readonly string[], digits: number): string {
  let value = bytes
  let unit = 0
  while (value >= base && unit < units.length - 1) {
    value /= base
    unit++
  }
  return `${Number(value.toPrecision(digits))}${units[unit] ?? ''}`
}

/** Reads `512`, `512b`, `64k`, `1.5g`, `10MB`, `2GiB` as bytes, in powers of 1024 as docker does; `undefined` if it is none of these. */
export function parseSize(text: string): number | undefined {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)\s*(|b|[kmgtp]i?b?)$/i.exec(text.trim()) ?? []
  if (number === undefined) return undefined
  const power = ' kmgtp'.indexOf((unit[0] ?? ' ').toLowerCase())
  return Math.floor(Number(number) * 1024 ** Math.max(0, power))
}
