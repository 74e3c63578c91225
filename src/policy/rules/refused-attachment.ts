import { attachment, macvlanConfig, pod } from '../example.ts'
import type { Rule } from '../rule.ts'

export const refusedAttachment: Rule<'selection'> = {
  id: 'refused-attachment',
  title: 'The pod selects a network that would not be admitted itself',
  severity: 'error',
  why: 'A NAD that is older than the policy, or was written while the webhook was away, must not be attached by new pods.',
  source: 'docs/threats.md: webhook down, deleted, or skipped',
  good: { manifest: pod('storage') },
  bad: {
    given: [attachment({ ...macvlanConfig(), master: 'eth0.300' }, { name: 'stray' })],
    manifest: pod('stray'),
  },

  *check({ selection, refusals }) {
    const [first, ...others] = refusals
    if (first === undefined) return
    const also = new Set(others.map(({ rule }) => rule).filter(rule => rule !== first.rule))
    const more = also.size === 0 ? '' : `; it also breaks ${[...also].join(', ')}`
    const network = `${selection.namespace}/${selection.name}`
    const message = `network "${network}" breaks ${first.rule}: ${first.message}${more}`
    const brief = {
      object: `NetworkAttachmentDefinition ${network}`,
      message: `network "${network}" breaks ${[first.rule, ...also].join(', ')}`,
    }
    yield { inside: ['name'], message, brief }
  },
}
