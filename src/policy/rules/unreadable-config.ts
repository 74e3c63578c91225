import { quote } from '../../json/quote.ts'
import { attachment, macvlanConfig } from '../example.ts'
import type { Rule } from '../rule.ts'
import type { Attachment } from '../subjects.ts'

export const unreadableConfig: Rule<'attachment'> = {
  id: 'unreadable-config',
  title: 'The CNI configuration cannot be read',
  severity: 'error',
  why: 'The plugin cannot decode it either, so pods wait in ContainerCreating; and what cannot be read cannot be judged.',
  source: 'CNI SPEC 1.1 section 1; containernetworking/cni libcni/conf.go; RFC 8259',
  good: { manifest: attachment(macvlanConfig()) },
  bad: { manifest: attachment(JSON.stringify(macvlanConfig()).replace('"bridge"', '"bridge",')) },

  *check({ attachment }) {
    const { reading, facts } = attachment
    yield* findOtherName(attachment)
    for (const { problem, at, message, placed } of reading.problems) {
      if (problem === 'unreadable') yield { inside: at, message, placed }
    }
    for (const { problem, at, message, fix } of facts?.problems ?? []) {
      if (problem === 'wrong-type' || problem === 'malformed' || problem === 'missing')
        yield { inside: at, message, fix }
    }
  },
}

/** OVN-Kubernetes leaves out a network that says another's name (go-controller pkg/util/multi_network.go ValidateNetConf()). */
function* findOtherName({ network, namespace, name }: Attachment) {
  for (const { type, body, at } of network?.plugins ?? []) {
    const own = `${namespace}/${name}`
    const written = body.netAttachDefName
    if (type !== 'ovn-k8s-cni-overlay' || typeof written !== 'string' || written === '' || written === own)
      continue
    yield {
      inside: at.concat('netAttachDefName'),
      message: `${quote(written)} is not this network, and OVN-Kubernetes leaves it out: write "${own}"`,
    }
  }
}
