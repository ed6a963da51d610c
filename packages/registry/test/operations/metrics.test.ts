import { describe, expect, it } from 'vitest'
import { Metrics } from '../../src/operations/metrics.ts'
import type { RequestRecord } from '../../src/operations/request-record.ts'

const record: RequestRecord = {
  method: 'GET',
  path: '/v2/a/blobs/x',
  route: 'blob',
  repository: 'a',
  status: 200,
  durationMs: 30,
  sentBytes: 100,
  isWhole: true,
  user: undefined,
  remoteAddress: '127.0.0.1',
}

describe('Metrics', () => {
  it('count requests, bytes and time in the text format of Prometheus', () => {
    const metrics = new Metrics()
    metrics.add(record)
    metrics.add({ ...record, method: 'HEAD' })
    metrics.add({ ...record, isWhole: false, durationMs: 3000 })
    const lines = metrics.text().split('\n')
    expect(lines).toContain('ct_registry_requests_total{method="GET",route="blob",status="200"} 2')
    expect(lines).toContain('ct_registry_sent_bytes_total 100')
    expect(lines).toContain('ct_registry_broken_requests_total 1')
    expect(lines).toContain('ct_registry_request_seconds_bucket{route="blob",le="0.025"} 0')
    expect(lines).toContain('ct_registry_request_seconds_bucket{route="blob",le="0.1"} 2')
    expect(lines).toContain('ct_registry_request_seconds_bucket{route="blob",le="+Inf"} 3')
    for (const line of lines.filter((text) => text !== '' && !text.startsWith('#')))
      expect(line).toMatch(/^[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? [\d.]+$/)
  })

  it('are not grown by methods that somebody made up', () => {
    const metrics = new Metrics()
    for (const method of ['x"y', 'LONGERTHANANY', 'ALSOLONGERTHANANY']) metrics.add({ ...record, method })
    expect(metrics.text()).toContain('{method="other",route="blob",status="200"} 3')
  })
})
