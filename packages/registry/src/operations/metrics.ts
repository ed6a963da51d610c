import type { RequestRecord } from './request-record.ts'

const BUCKETS_SECONDS = [0.005, 0.025, 0.1, 0.5, 2.5, 10, 60]

/** Counts requests, and tells of them as Prometheus wants it. */
export class Metrics {
  readonly #requests = new Map<string, number>()
  readonly #durations = new Map<string, { readonly buckets: number[]; sum: number; count: number }>()
  #sentBytes = 0
  #brokenOff = 0

  add({ method, route, status, durationMs, sentBytes, isWhole }: RequestRecord): void {
    const key = `method="${/^[A-Z]{1,10}$/.test(method) ? method : 'other'}",route="${route}",status="${status}"`
    this.#requests.set(key, (this.#requests.get(key) ?? 0) + 1)
    if (method !== 'HEAD') this.#sentBytes += isWhole ? sentBytes : 0
    if (!isWhole) this.#brokenOff++
    const duration = this.#durations.get(route) ?? { buckets: BUCKETS_SECONDS.map(() => 0), sum: 0, count: 0 }
    const seconds = durationMs / 1000
    for (const [index, bound] of BUCKETS_SECONDS.entries())
      if (seconds <= bound) duration.buckets[index] = (duration.buckets[index] ?? 0) + 1
    duration.sum += seconds
    duration.count++
    this.#durations.set(route, duration)
  }

  /** @see https://prometheus.io/docs/instrumenting/exposition_formats/ */
  text(): string {
    const lines = [
      ...family('ct_registry_requests_total', 'counter', 'Requests answered.'),
      ...[...this.#requests].map(([labels, count]) => `ct_registry_requests_total{${labels}} ${count}`),
      ...family('ct_registry_sent_bytes_total', 'counter', 'Bytes of the bodies of whole answers.'),
      `ct_registry_sent_bytes_total ${this.#sentBytes}`,
      ...family('ct_registry_broken_requests_total', 'counter', 'Requests whose client went away before the end.'),
      `ct_registry_broken_requests_total ${this.#brokenOff}`,
      ...family('ct_registry_request_seconds', 'histogram', 'How long requests took.'),
      ...[...this.#durations].flatMap(([route, { buckets, sum, count }]) => [
        ...BUCKETS_SECONDS.map((bound, index) => `ct_registry_request_seconds_bucket{route="${route}",le="${bound}"} ${buckets[index]}`),
        `ct_registry_request_seconds_bucket{route="${route}",le="+Inf"} ${count}`,
        `ct_registry_request_seconds_sum{route="${route}"} ${sum}`,
        `ct_registry_request_seconds_count{route="${route}"} ${count}`,
      ]),
      ...family('process_resident_memory_bytes', 'gauge', 'Memory of the process.'),
      `process_resident_memory_bytes ${process.memoryUsage.rss()}`,
    ]
    return `${lines.join('\n')}\n`
  }
}

function family(name: string, type: string, help: string): readonly string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`]
}
