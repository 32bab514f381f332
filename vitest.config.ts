import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    // deploy/ needs Debian's nginx and Prometheus: `npm run test:deploy`.
    exclude: ['**/node_modules/**', '**/dist/**', 'deploy/**'],
    provide: { isBehindNginx: false },
    globalSetup: ['test/global-setup.ts'],
    // Processes: the embedded ClickHouse binds one data folder to a process.
    pool: 'forks',
    // Two cores: a browser, three servers and two databases are enough at once.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
})
