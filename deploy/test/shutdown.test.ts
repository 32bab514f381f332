import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../../faults/wait.ts'
import { type Installation, startInstallation } from './installation.ts'

let product: Installation
beforeAll(async () => {
  product = await startInstallation({
    collectors: 2,
    sites: ['shop.example'],
    env: { DRAIN_S: '5' },
  })
})
afterAll(() => product?.close())

const collectorAt = (index: number) => {
  const collector = product.collectors[index]
  if (!collector) throw new Error('there are two')
  const url = `http://127.0.0.1:${collector.port}`
  const collect = async () => {
    const body = '{"siteId":"shop.example","eventType":"x"}'
    return (await fetch(`${url}/collect`, { method: 'POST', body })).status
  }
  const ready = async () => (await fetch(`${url}/readyz`)).status
  return { collector, collect, ready }
}

it('a collector that is told to end says so at /readyz, takes events meanwhile, and then ends well', async () => {
  const { collector, collect, ready } = collectorAt(0)
  expect([await ready(), await collect()]).toEqual([200, 202])
  const ended = collector.stop()
  await until('it says so', async () => (await ready()) === 503)
  expect(await collect()).toBe(202)
  expect(await ended).toBe(0)
})

it('told twice, it ends at once', async () => {
  const { collector, ready } = collectorAt(1)
  const ended = collector.stop()
  await until('it says so', async () => (await ready()) === 503)
  process.kill(collector.pid, 'SIGTERM')
  expect(await ended).toBe(1)
})
