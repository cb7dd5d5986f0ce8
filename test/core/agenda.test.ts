import { expect, test } from 'vitest'
import { Agenda, type Appointment } from '../../src/core/agenda.js'
import { FakeEnvironment } from '../support/fake-environment.js'
import { Random } from '../simulation/random.js'

const appointment = (): Appointment => ({ dueAt: 0, place: -1 })

test('a thousand appointments, planned, moved and cancelled at random, come in order and in time, with one timer', async () => {
  const environment = new FakeEnvironment()
  const random = new Random(7)
  const came: Appointment[] = []
  const agenda = new Agenda<Appointment>(environment, (due) => {
    expect(environment.monotonic()).toBe(due.dueAt)
    came.push(due)
  })
  const all = Array.from({ length: 1000 }, appointment)
  for (const each of all) agenda.plan(each, 1000 + random.next() * 60_000)
  const moved = all.filter(() => random.next() < 0.3)
  for (const each of moved) agenda.plan(each, 1000 + random.next() * 60_000)
  const cancelled = new Set(all.filter(() => random.next() < 0.3))
  for (const each of cancelled) agenda.cancel(each)
  expect(environment.timers.size).toBe(1)
  expect(agenda.size).toBe(1000 - cancelled.size)
  await environment.pass(70_000)
  const expected = all.filter((each) => !cancelled.has(each)).sort((one, other) => one.dueAt - other.dueAt)
  expect(came).toEqual(expected)
  expect(environment.timers.size).toBe(0)
})

test('one that is planned again when it comes is not lost, and far ahead means a look in between', async () => {
  const environment = new FakeEnvironment()
  let times = 0
  const agenda = new Agenda<Appointment>(environment, (due) => {
    if (++times < 3) agenda.plan(due, 30 * 24 * 3_600_000)
  })
  agenda.plan(appointment(), 0)
  await environment.pass(61 * 24 * 3_600_000)
  expect(times).toBe(3)
  expect([...environment.timers].every(({ ms }) => ms <= 6 * 3_600_000)).toBe(true)
})
