import { defineConfig } from 'vitest/config'

/** The tests against a real control plane; they need Go once, to build it. */
export default defineConfig({
  test: {
    include: ['test/cluster/**/*.test.ts'],
    reporters: ['default', './test/summary-reporter.ts'],
    globalSetup: './test/cluster/prepare.ts',
    hookTimeout: 10 * 60_000,
    testTimeout: 60_000,
    // Each file has a control plane of its own, and waits most of the time; more of them at once would be slow to answer.
    maxWorkers: 2,
  },
})
