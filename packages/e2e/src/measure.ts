/** One contender of a comparison: what it is called and how it does the work once. */
export interface Contender {
  readonly name: string
  readonly once: () => Promise<unknown>
  /** Brings back the state that `once` needs; not timed. */
  readonly reset?: () => Promise<unknown>
}

/** Median wall time of each contender, in milliseconds, in the order given. */
export type Medians = ReadonlyMap<string, number>

/** Times contenders in turn, round by round, so that a busy moment of the machine hits them all; the first round is not counted. */
export async function compare(contenders: readonly Contender[], rounds: number): Promise<Medians> {
  const times = new Map(contenders.map(({ name }) => [name, [] as number[]]))
  for (let round = -1; round < rounds; round++) {
    for (const { name, once, reset } of contenders) {
      await reset?.()
      const began = performance.now()
      await once()
      if (round >= 0) times.get(name)?.push(performance.now() - began)
    }
  }
  return new Map([...times].map(([name, values]) => [name, median(values)]))
}

/** The middle value; of an even number, the lower of the two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN
}

/** A line of the benchmark table. */
export interface Row {
  readonly what: string
  readonly ours: string
  readonly theirs: string
  readonly ratio: number
  readonly goal: number
}

/** The table as Markdown; `goal` is the largest ratio that was promised. */
export function table(rows: readonly Row[]): string {
  const lines = rows.map(({ what, ours, theirs, ratio, goal }) => `| ${what} | ${ours} | ${theirs} | ${ratio.toFixed(2)} | ≤ ${goal} |`)
  return ['| what | ct | peer | ratio | goal |', '| --- | --- | --- | --- | --- |', ...lines].join('\n')
}

/** Turns medians into rows: the first contender against each other one that has a goal. */
export function rowsOf(what: string, medians: Medians, goals: Readonly<Record<string, number>>): readonly Row[] {
  const [[, ours] = ['', Number.NaN]] = medians
  return Object.entries(goals).map(([peer, goal]) => {
    const theirs = medians.get(peer) ?? Number.NaN
    return { what, ours: `${ours.toFixed(0)} ms`, theirs: `${peer} ${theirs.toFixed(0)} ms`, ratio: ours / theirs, goal }
  })
}
