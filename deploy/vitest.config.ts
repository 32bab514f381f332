import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import shared from '../vitest.config.ts'

// `npm run test:deploy`: what is shipped in deploy/, on Debian's own nginx and
// Prometheus. The corpus of bad inputs runs once more, through nginx, and the
// reports once more, on a ClickHouse behind HTTP as a server is.
export default defineConfig({
  test: {
    ...shared.test,
    root: join(import.meta.dirname, '..'),
    include: [
      'deploy/**/*.test.ts',
      'test/bad-inputs.test.ts',
      'reports/**/*.test.ts',
      'api/reports/**/*.test.ts',
      'test/{behaviour-vectors,form-tries,questions-api}.test.ts',
    ],
    env: { TEST_CLICKHOUSE: process.env.TEST_CLICKHOUSE ?? 'http' },
    exclude: ['**/node_modules/**'],
    provide: { isBehindNginx: true },
  },
})
