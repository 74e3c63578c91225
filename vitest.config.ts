import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // They need a control plane: npm run test:cluster.
    exclude: ['test/cluster/**'],
    reporters: ['default', './test/summary-reporter.ts'],
    // The agreement test starts a webhook for each rule: seven seconds here, more on a busy machine.
    testTimeout: 60_000,
    // Many files wait for processes most of the time: two at once also on a machine with two cores.
    maxWorkers: Math.max(2, availableParallelism() - 1),
  },
})
