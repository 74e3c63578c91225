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
    'containernetworking/plugins plugins/meta/tuning/tuning.go; Linux Documentation/networking/ip-sysctl.rst, net/ipv4/route.c',
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
      const accepted = '"net.ipv4.conf.IFNAME.…", "net.ipv6.conf.IFNAME.…" or "….neigh.IFNAME.…"'
      yield { inside: at, message: `${quote(name)} is not about this interface alone: use ${accepted}` }
    }
  },
}

/**
 * What has a packet forwarded by the interface that it came in on alone, whatever eth0's own setting is (Linux net/ipv4/route.c
 * ip_route_input_slow(); net/ipv6/ip6_output.c ip6_forward(), since 6.17). IPv6 asks the setting of all interfaces otherwise.
 */
const FORWARDS =
  /^net[./](?:ipv4[./]conf[./][^./]+[./]forwarding|ipv6[./]conf[./][^./]+[./]force_forwarding)$/
