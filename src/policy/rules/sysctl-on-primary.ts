import { quote } from '../../json/quote.ts'
import { attachment, macvlanConfig } from '../example.ts'
import type { Rule } from '../rule.ts'

const list = (sysctl: string) => ({
  cniVersion: '1.0.0',
  name: 'ledger',
  plugins: [{ ...macvlanConfig() }, { type: 'tuning', sysctl: { [sysctl]: '1' } }],
})

export const sysctlOnPrimary: Rule<'attachment'> = {
  id: 'sysctl-on-primary',
  title: "A sysctl changes more than the attachment's own interface",
  severity: 'error',
  why: 'It opens eth0 for forwarding, redirects or router advertisements, so that the pod becomes a bridge between Flannel and the VLAN.',
  source:
    'containernetworking/plugins plugins/meta/tuning/tuning.go; Linux Documentation/networking/ip-sysctl.rst, net/ipv4/route.c; kubernetes pkg/kubelet/sysctl/safe_sysctls.go',
  good: { manifest: attachment(list('net.ipv4.conf.IFNAME.arp_announce')) },
  bad: { manifest: attachment(list('net.ipv4.ip_forward')) },

  *check({ attachment: { facts } }) {
    for (const { name, value, at } of facts?.sysctls ?? []) {
      if (FORWARDS.test(name) && value !== '0') {
        const message = `${quote(name)} has the pod forward what comes from there to eth0 as well: leave it 0`
        yield { inside: at, message }
        continue
      }
      // The plugin replaces IFNAME once, and takes "/" and "." for separators alike.
      if (/^net[./](?:ipv4|ipv6)[./](?:conf|neigh)[./]IFNAME[./][a-z0-9_]+$/.test(name)) continue
      if (SAFE.has(name.replaceAll('/', '.'))) continue
      yield { inside: at, message: `${quote(name)} is ${describe(name)}` }
    }
  },
}

/**
 * What has a packet forwarded by the interface that it came in on alone, whatever eth0's own setting is (Linux net/ipv4/route.c
 * ip_route_input_slow(); net/ipv6/ip6_output.c ip6_forward(), since 6.17). IPv6 asks the setting of all interfaces otherwise.
 */
const FORWARDS =
  /^net[./](?:ipv4[./]conf[./][^./]+[./]forwarding|ipv6[./]conf[./][^./]+[./]force_forwarding)$/

/** What any pod may set for itself under securityContext.sysctls, in Pod Security's strictest level. */
const SAFE: ReadonlySet<string> = new Set([
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ping_group_range',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.tcp_wmem',
])

/** Of interfaces, or of the pod as a whole. */
function describe(name: string): string {
  const [, family, table, key] = /^net[./](ipv4|ipv6)[./](conf|neigh)[./].+[./]([a-z0-9_]+)$/.exec(name) ?? []
  return key === undefined
    ? 'of the whole pod, eth0 and all: remove it, or have the pod ask for it under securityContext.sysctls, where Kubernetes decides'
    : `of other interfaces than this one: write "net.${family}.${table}.IFNAME.${key}"`
}
