import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import shared from '../vitest.config.ts'

// `npm run test:deploy`: what is shipped in deploy/, on Debian's own nginx and
// Prometheus. The corpus of bad inputs runs once more, through nginx.
export default defineConfig({
  test: {
    ...shared.test,
    root: join(import.meta.dirname, '..'),
    include: ['deploy/**/*.test.ts', 'test/bad-inputs.test.ts'],
    exclude: ['**/node_modules/**'],
    provide: { isBehindNginx: true },
  },
})
