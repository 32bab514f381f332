import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { GroupCommit } from './collect/group-commit.ts'

/** The collector's own numbers, in Prometheus' base units. Labels never carry sites or paths. */
export function createCollectorMetrics(groupCommit: () => GroupCommit) {
  const registry = new Registry()
  const registers = [registry]
  const events = new Counter({
    name: 'ingest_events_total',
    help: 'Events by what became of them',
    labelNames: ['result', 'reason'],
    registers,
  })
  const requests = new Counter({
    name: 'ingest_requests_total',
    help: 'Answers of POST /collect and GET /pixel.gif',
    labelNames: ['code'],
    registers,
  })
  const redactions = new Counter({
    name: 'redaction_server_hits_total',
    help: 'Texts in which the server still found something to redact: what a browser let through',
    registers,
  })
  const commitSeconds = new Histogram({
    name: 'ingest_commit_seconds',
    help: 'Time of one group commit',
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2],
    registers,
  })
  const commitEvents = new Histogram({
    name: 'ingest_commit_batch_events',
    help: 'Events in one group commit',
    buckets: [1, 5, 20, 50, 100, 250, 500, 1000],
    registers,
  })
  new Gauge({
    name: 'ingest_queue_events',
    help: 'Events that wait for their commit',
    registers,
    collect() {
      this.set(groupCommit().queuedEvents)
    },
  })
  new Gauge({
    name: 'ingest_queue_bytes',
    help: 'Bytes that wait for their commit',
    registers,
    collect() {
      this.set(groupCommit().queuedBytes)
    },
  })
  return { registry, events, requests, redactions, commitSeconds, commitEvents }
}
