import { expect, it } from 'vitest'
import { renderTable } from '../../src/format/table.ts'

it('lays columns out as docker does: ten wide or three more than the longest cell, the last one as it is', () => {
  const table = renderTable([
    ['ID', 'A LONG HEADING', 'N', 'NAMES'],
    ['0123456789ab', 'x', '2', 'one'],
    ['1', 'y', '', 'more'],
  ])
  expect(table).toBe(
    [
      'ID             A LONG HEADING   N         NAMES\n',
      '0123456789ab   x                2         one\n',
      '1              y                          more\n',
    ].join(''),
  )
})
