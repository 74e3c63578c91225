import type { Reporter, TestModule } from 'vitest/node'

/** Closes every run with one plain line that scripts can read: `12 passed, 0 failed, 1 skipped`. */
class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 }
    for (const module of modules) {
      const tests = [...module.children.allTests()]
      // A module that failed before it could register a test counts as one failure.
      if (tests.length === 0 && module.state() === 'failed') counts.failed++
      for (const test of tests) {
        const { state } = test.result()
        counts[state === 'pending' ? 'skipped' : state]++
      }
    }
    process.stdout.write(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`)
  }
}

// biome-ignore lint/style/noDefaultExport: vitest loads a reporter by its default export.
export default SummaryReporter
