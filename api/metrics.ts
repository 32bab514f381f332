import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { DURABLE_SETTINGS } from '../database/durability.ts'
import type { Durability } from './collect/durability.ts'
import type { GroupCommit } from './collect/group-commit.ts'
import type { IntakeMetrics } from './collect/intake.ts'

/** The collector's own numbers, in Prometheus' base units. Labels never carry sites or paths. */
export function createCollectorMetrics(parts: {
  groupCommit: () => GroupCommit
  durability: Durability
}) {
  const { groupCommit, durability } = parts
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
  const limited = new Counter({
    name: 'ratelimit_total',
    help: 'Requests that were told to come later, by the limit that they met',
    labelNames: ['scope'],
    registers,
  })
  const late = new Counter({
    name: 'ingest_late_events_total',
    help: 'Events that came more than an hour after they happened',
    registers,
  })
  const clockSkew = new Histogram({
    name: 'ingest_clock_skew_seconds',
    help: 'How far clients’ clocks are from ours, either way',
    buckets: [1, 5, 30, 60, 600, 3_600, 86_400, 31_536_000],
    registers,
  })
  const ackSeconds = new Histogram({
    name: 'ingest_ack_seconds',
    help: 'From the request to its answer, for POST /collect and GET /pixel.gif',
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5],
    registers,
  })
  const eventLoop = monitorEventLoopDelay({ resolution: 10 })
  eventLoop.enable()
  new Gauge({
    name: 'nodejs_eventloop_lag_seconds',
    help: 'Longest delay of the event loop since the last time it was asked for',
    registers,
    collect() {
      this.set(Math.max(eventLoop.max - 10e6, 0) / 1e9)
      eventLoop.reset()
    },
  })
  const redactions = new Counter({
    name: 'redaction_hits_total',
    help: 'What the server still found to redact, by rule and field: what a browser let through',
    labelNames: ['rule', 'place'],
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
  new Gauge({
    name: 'ingest_unsafe_settings',
    help: '1: PostgreSQL could lose a commit by this setting; nothing is stored',
    labelNames: ['setting'],
    registers,
    collect() {
      for (const setting of DURABLE_SETTINGS)
        this.set({ setting }, durability.unsafe.includes(setting) ? 1 : 0)
    },
  })
  const intake: IntakeMetrics = {
    count: (result, reason, n) => events.inc({ result, reason }, n),
    redaction: ({ rule, place }) => redactions.inc({ rule, place }),
    clockOffset: (ms) => clockSkew.observe(Math.abs(ms) / 1_000),
    late: (n) => late.inc(n),
    limited: (scope) => limited.inc({ scope }),
  }
  const answered = (code: number, seconds: number) => {
    requests.inc({ code })
    ackSeconds.observe(seconds)
  }
  return { registry, answered, commitSeconds, commitEvents, intake }
}
