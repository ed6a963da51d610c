const GAP = 3
const MIN_WIDTH = 10

/** Lines of a table as docker lays it out: columns at least ten wide, three spaces between, nothing after the last. */
export function renderTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const row of rows) {
    row.slice(0, -1).forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? MIN_WIDTH - GAP, cell.length)
    })
  }
  return rows
    .map((row) => row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd((widths[column] ?? 0) + GAP))).join(''))
    .map((line) => `${line}\n`)
    .join('')
}
