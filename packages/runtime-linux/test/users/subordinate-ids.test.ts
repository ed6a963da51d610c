import { expect, it } from 'vitest'
import { parseSubordinateIds } from '../../src/users/subordinate-ids.ts'

const TEXT = '# comment\nada:100000:65536\n1815:200000:10\nada:300000:1\nempty:1:0\nbroken:x:1\n'

it.each([
  [['ada'], { first: 100_000, count: 65_536 }],
  [['nobody', '1815'], { first: 200_000, count: 10 }],
  [['empty'], undefined],
  [['broken'], undefined],
  [['# comment'], undefined],
])('the ids of %j are those of the first line that gives them any', (names, expected) => {
  expect(parseSubordinateIds(TEXT, names)).toEqual(expected)
})
