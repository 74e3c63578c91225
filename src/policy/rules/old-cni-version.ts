import { attachment, macvlanConfig } from '../example.ts'
import type { Rule } from '../rule.ts'

const OLD: ReadonlySet<string> = new Set(['0.1.0', '0.2.0', '0.3.0', '0.3.1'])

export const oldCniVersion: Rule<'attachment'> = {
  id: 'old-cni-version',
  title: 'With this CNI version nobody checks or cleans up the attachment',
  severity: 'warning',
  why: 'CHECK exists since 0.4.0, and on DEL a plugin gets the earlier result only since then; without a version 0.1.0 is meant.',
  source: 'CNI SPEC 0.4.0, CHECK and DEL; containernetworking/cni libcni/api.go',
  good: { manifest: attachment(macvlanConfig()) },
  bad: { manifest: attachment({ ...macvlanConfig(), cniVersion: '0.3.1' }) },

  *check({ attachment: { network, reading } }) {
    if (network === undefined || !OLD.has(network.cniVersion)) return
    if (reading.problems.some(({ problem }) => problem === 'unsupported-version')) return
    const meant = network.cniVersion === '0.1.0' ? ', which is meant where none is written,' : ''
    yield {
      inside: ['cniVersion'],
      message: `"${network.cniVersion}"${meant} is from before CHECK: use "1.0.0", which the reference plugins have supported since 2021`,
      fix: reading.problems.length === 0 ? { action: 'rename value', text: '1.0.0' } : undefined,
    }
  },
}
