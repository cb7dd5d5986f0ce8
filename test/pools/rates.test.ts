import { expect, test } from 'vitest'
import { rateOf } from './rates.js'

test('the busiest second may begin anywhere, and the mean counts from the beginning to the last', () => {
  const evenly = Array.from({ length: 100 }, (_, index) => 5000 + index * 100)
  expect(rateOf(evenly)).toMatchObject({ count: 100, seconds: 9.9, peak: 10 })
  const burst = [7900, 7950, 8050, 8099]
  expect(rateOf([...burst, ...evenly])).toMatchObject({ count: 104, peak: 14 })
  expect(rateOf(evenly, 0)).toMatchObject({ seconds: 14.9, perSecond: [0, 0, 0, 0, 0, ...Array<number>(10).fill(10)] })
  expect(rateOf(evenly, 0).mean).toBeCloseTo(100 / 14.9)
})

test('where nothing comes there is no rate', () => {
  expect(rateOf([])).toEqual({ count: 0, seconds: 0, mean: 0, peak: 0, peakToMean: 0, perSecond: [] })
})
