import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // They need a control plane: npm run test:cluster.
    exclude: ['test/cluster/**'],
    reporters: ['default', './test/summary-reporter.ts'],
    // The agreement test starts a webhook for each rule: seven seconds here, more on a busy machine.
    testTimeout: 60_000,
  },
})
