// Metrics and spans of all token managers and pools of a process. Call it once, after your OpenTelemetry SDK was set up.
import { metrics, SpanStatusCode, trace, type Span } from '@opentelemetry/api'
import { isEvergrantError, type PoolEvent } from 'evergrant/node'
import { subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel'

/** What the traces of a renewal have in common: the same object from its start to its end. */
interface Renewal {
  /** The name of the session in its store. There is no secret in it. */
  readonly record: string
  readonly error?: unknown
}

/** Begins to observe. Returns a function that ends it. */
export function observeSessions(): () => void {
  const stopEvents = countEvents()
  const stopTraces = traceRenewals()
  return () => {
    stopEvents()
    stopTraces()
  }
}

/** Sessions are many: none of these attributes names one. */
function countEvents(): () => void {
  const meter = metrics.getMeter('evergrant')
  const renewals = meter.createCounter('evergrant.renewals', { description: 'Renewals, made here or seen elsewhere' })
  const failures = meter.createCounter('evergrant.failures', { description: 'Failures, by error code' })
  const endings = meter.createCounter('evergrant.endings', { description: 'Sessions that ended, by reason' })
  const onEvent = (message: unknown): void => {
    const event = message as PoolEvent
    if (event.type === 'renewed') renewals.add(1, { by: event.by })
    if (event.type === 'error') failures.add(1, { 'error.type': event.error.code })
    if (event.type === 'ended') endings.add(1, { reason: event.reason })
    if (event.type === 'signedOut') endings.add(1, { reason: 'signed_out' })
  }
  subscribe('evergrant:event', onEvent)
  return () => unsubscribe('evergrant:event', onEvent)
}

function traceRenewals(): () => void {
  const tracer = trace.getTracer('evergrant')
  const durations = metrics.getMeter('evergrant').createHistogram('evergrant.renewal.duration', {
    description: 'Duration of renewals, with the wait for those of others',
    unit: 's',
    advice: { explicitBucketBoundaries: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] },
  })
  const underWay = new Map<object, { readonly span: Span; readonly startedAt: number }>()
  const channel = tracingChannel<string, Renewal>('evergrant:renewal')
  const subscribers = {
    start(renewal: Renewal) {
      const span = tracer.startSpan('evergrant.renewal', { attributes: { 'evergrant.record': renewal.record } })
      underWay.set(renewal, { span, startedAt: performance.now() })
    },
    asyncEnd(renewal: Renewal) {
      const started = underWay.get(renewal)
      if (!started) return
      underWay.delete(renewal)
      const { span, startedAt } = started
      const type = errorType(renewal.error)
      const attributes = type === undefined ? {} : { 'error.type': type }
      durations.record((performance.now() - startedAt) / 1000, attributes)
      span.setAttributes(attributes)
      if (type !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: type })
      span.end()
    },
    end: ignore,
    asyncStart: ignore,
    error: ignore,
  }
  channel.subscribe(subscribers)
  return () => channel.unsubscribe(subscribers)
}

function errorType(error: unknown): string | undefined {
  if (error === undefined) return undefined
  return isEvergrantError(error) ? error.code : 'other'
}

const ignore = (): void => undefined
