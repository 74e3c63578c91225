import { quote } from '../../json/quote.ts'
import { attachment, macvlanConfig } from '../example.ts'
import type { Rule } from '../rule.ts'

export const hostPath: Rule<'attachment'> = {
  id: 'host-path',
  title: 'The configuration names a file, socket, command or firewall rule on the node',
  severity: 'error',
  why: 'CNI plugins run as root on the node: a path of the tenant’s choice is read, written, connected to or run as root.',
  source:
    'host-local dataDir, resolvConf; dhcp daemonSocketPath; ovs socket_file; cni plugins/debug addHooks; portmap conditionsV4; firewall iptablesAdminChainName, firewalldZone; multus kubeconfig',
  good: { manifest: attachment(macvlanConfig()) },
  bad: {
    manifest: attachment({
      ...macvlanConfig(),
      ipam: { type: 'whereabouts', range: '10.100.1.0/24', log_file: '/root/.ssh/authorized_keys' },
    }),
  },

  *check({ attachment: { facts } }) {
    for (const { path, use, at, usual } of facts?.hostPaths ?? []) {
      const instead = usual === undefined ? "leave it to the plugin's default" : `write ${quote(usual)}`
      yield { inside: at, message: `${quote(path)} would be ${DEEDS[use]} as root on the node: ${instead}` }
    }
  },
}

const DEEDS = {
  read: 'read',
  write: 'written',
  connect: 'connected to',
  execute: 'run',
  filter: 'made a rule of the firewall',
}
