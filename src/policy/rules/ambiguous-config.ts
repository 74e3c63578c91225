import { quote } from '../../json/quote.ts'
import { RESOURCE_NAME_ANNOTATION } from '../../kube/annotations.ts'
import { attachment, macvlanConfig } from '../example.ts'
import type { Rule } from '../rule.ts'

export const ambiguousConfig: Rule<'attachment'> = {
  id: 'ambiguous-config',
  title: 'Two readers of this configuration would understand different things',
  severity: 'error',
  why: 'Multus, libcni and the plugin read the text one after the other, each by its own rules: a policy that reads it a fourth way is bypassed.',
  source:
    'Go encoding/json (case folding, last key wins); multus pkg/types/conf.go, delegateAddDeviceID(); containernetworking/cni libcni/conf.go; containernetworking/plugins v1.3.0 (linkInContainer)',
  good: { manifest: attachment(macvlanConfig()) },
  bad: { manifest: attachment({ ...macvlanConfig(), prevResult: { interfaces: [{ name: 'eth0' }] } }) },

  *check({ attachment: { reading, facts, resourceName }, eitherMasters }) {
    for (const { problem, at, message, placed, fix } of reading.problems) {
      if (problem === 'ambiguous') yield { inside: at, message, placed, fix }
    }
    for (const { problem, at, message, fix } of facts?.problems ?? []) {
      if (problem === 'misspelt-key' || problem === 'contradiction') yield { inside: at, message, fix }
    }
    for (const { master } of facts?.uplinks ?? []) {
      const { name, use, at } = master
      if (resourceName === undefined || use !== 'device' || name === undefined) continue
      const message = `${quote(name)} is replaced by a device of ${quote(resourceName)} where the pod has one: remove this key, or the annotation "${RESOURCE_NAME_ANNOTATION}"`
      yield { inside: at, message }
    }
    for (const { name, at } of eitherMasters) {
      const taken = name === undefined ? 'the default interface of the node' : `${quote(name)} of the node`
      // Whoever was granted an interface of the name that Multus gives to those of pods is not told to take that one.
      const such = name?.startsWith('net') ? '' : ', such as "net1"'
      const message = `plugins before 1.3.0 do not read "linkInContainer", and take ${taken}: name an interface that only the pod has${such}`
      yield { inside: at, message }
    }
  },
}
