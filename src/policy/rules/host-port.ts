import { quoteValue } from '../../json/quote.ts'
import { attachment, macvlanConfig, pod } from '../example.ts'
import type { Rule } from '../rule.ts'

const { cniVersion, name, ...macvlan } = macvlanConfig()
const published = attachment(
  { cniVersion, name, plugins: [macvlan, { type: 'portmap', capabilities: { portMappings: true } }] },
  { name: 'published' },
)

export const hostPort: Rule<'selection'> = {
  id: 'host-port',
  title: 'The pod takes ports of the node',
  severity: 'error',
  why: 'What reaches these ports of the node goes to the pod instead, also SSH and the API server, whatever Pod Security says of hostPort. With nftables the protocol is a part of what nft is told, line breaks and all.',
  source:
    'multus pkg/types/types.go PortMapEntry; containernetworking/plugins v1.9.1 plugins/meta/portmap/portmap_nftables.go',
  good: { given: [published], manifest: pod([{ name: 'published' }]) },
  bad: {
    given: [published],
    manifest: pod([
      { name: 'published', portMappings: [{ hostPort: 22, containerPort: 22, protocol: 'tcp' }] },
    ]),
  },

  *check({ selection: { body }, attachment }) {
    const mappings = body?.portMappings
    if (mappings === undefined || mappings === null) return
    // Multus tells them to plugins that declare the capability, and to no other.
    const taker = attachment?.facts?.podInputs.find(({ input }) => input === 'portMappings')
    if (taker === undefined) return
    yield {
      inside: ['portMappings'],
      message: `"${taker.plugin}" would take ${quoteValue(mappings)} from the node: remove the key, and publish the pod by a Service`,
    }
  },
}
