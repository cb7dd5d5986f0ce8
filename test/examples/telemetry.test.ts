import { context, metrics, SpanStatusCode, trace } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { observeSessions } from '../../examples/telemetry/telemetry.js'
import { createTokenPool } from '../../src/node.js'
import { createAuthorizationServer } from '../../src/testing.js'

let spans: InMemorySpanExporter
let exporter: InMemoryMetricExporter
let reader: PeriodicExportingMetricReader

beforeEach(() => {
  spans = new InMemorySpanExporter()
  exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  reader = new PeriodicExportingMetricReader({ exporter })
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }))
})

afterEach(async () => {
  await reader.shutdown()
  for (const api of [metrics, trace, context]) api.disable()
})

/** The values of an instrument by their attributes: sums, or how often a duration was recorded. */
async function read(name: string): Promise<[object, number][]> {
  await reader.forceFlush()
  const all =
    exporter
      .getMetrics()
      .at(-1)
      ?.scopeMetrics.flatMap((scope) => scope.metrics) ?? []
  const points = all.find(({ descriptor }) => descriptor.name === name)?.dataPoints ?? []
  return points.map(({ attributes, value }) => [attributes, typeof value === 'number' ? value : value.count])
}

test('examples/telemetry turns renewals, failures and endings into metrics and spans, until it is told to stop', async () => {
  const server = createAuthorizationServer()
  const fetch: typeof globalThis.fetch = (input, init) => server.handle(new Request(input, init))
  await using pool = createTokenPool({ issuer: server.issuer, clientId: 'client', fetch, autoRenew: false })
  const renew = async (key: string): Promise<unknown> => {
    const session = pool.session(key)
    return session.getTokens({ rejected: await session.getAccessToken() }).catch(() => undefined)
  }
  const stop = observeSessions()
  for (const key of ['one', 'two', 'three', 'four', 'five']) await pool.session(key).setTokens(await server.signIn())

  await renew('one')
  server.revoke(1)
  await renew('two')
  await pool.session('three').signOut()
  server.failNext({ type: 'respond', status: 401, body: { error: 'invalid_client' } })
  await renew('four')

  expect(await read('evergrant.renewals')).toEqual([[{ by: 'here' }, 1]])
  expect(await read('evergrant.failures')).toEqual([[{ 'error.type': 'misconfigured' }, 1]])
  const endings = [
    [{ reason: 'expired_or_revoked' }, 1],
    [{ reason: 'signed_out' }, 1],
  ]
  expect(await read('evergrant.endings')).toEqual(endings)
  expect(await read('evergrant.renewal.duration')).toEqual([
    [{}, 1],
    [{ 'error.type': 'login_required' }, 1],
    [{ 'error.type': 'misconfigured' }, 1],
  ])
  const record = (key: string): object => ({ 'evergrant.record': `evergrant https://as.example client ${key}` })
  const seen = spans.getFinishedSpans().map(({ name, attributes, status }) => ({ name, attributes, status }))
  const name = 'evergrant.renewal'
  const failure = (type: string): object => ({ code: SpanStatusCode.ERROR, message: type })
  expect(seen).toEqual([
    { name, attributes: record('one'), status: { code: SpanStatusCode.UNSET } },
    { name, attributes: { ...record('two'), 'error.type': 'login_required' }, status: failure('login_required') },
    { name, attributes: { ...record('four'), 'error.type': 'misconfigured' }, status: failure('misconfigured') },
  ])

  stop()
  await renew('five')
  await pool.session('five').signOut()
  expect(spans.getFinishedSpans()).toHaveLength(3)
  expect(await read('evergrant.endings')).toEqual(endings)
})
