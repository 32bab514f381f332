import { expect, it } from 'vitest'
import { referenceText } from './reference.ts'

it('the reference is what the entries say', async () => {
  await expect(referenceText()).toMatchFileSnapshot('../docs/metrics.md')
})
