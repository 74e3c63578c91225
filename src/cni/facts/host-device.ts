import { NATIVE } from '../../net/vlan-set.ts'
import type { Extractor } from './extractor.ts'
import { runIpam } from './ipam.ts'
import { declareCapabilities } from './pod-input.ts'

/** In the order in which the plugin looks for the device: `device` wins even over an injected deviceID. */
const DEVICE_KEYS = ['device', 'hwaddr', 'kernelpath', 'pciBusID', 'deviceID'] as const

/** Moves a NIC of the host into the pod. */
export const hostDevice: Extractor = {
  types: ['host-device'],
  role: 'plugin',
  source: 'containernetworking/plugins v1.9.1 plugins/main/host-device/host-device.go getLink()',
  keys: { device: {}, hwaddr: {}, kernelpath: {}, pciBusID: {}, deviceID: {}, isDPDKMode: {}, dpdkMode: {} },

  extract(conf, facts) {
    const named = DEVICE_KEYS.filter(key => conf.has(key))
    const [key] = named
    if (named.length > 1) {
      const others = named
        .slice(1)
        .map(other => `"${other}"`)
        .join(', ')
      facts.problem(
        'contradiction',
        conf.path(named[1] ?? ''),
        `"${key}" decides which device is moved, ${others} would not count: keep one`,
      )
    }
    const name = key === undefined ? undefined : conf.string(key)
    const isInterface = key === 'device'
    if (key === 'hwaddr' || key === 'kernelpath') {
      facts.problem(
        'undecidable',
        conf.path(key),
        `only the node knows which interface "${key}" is: use "device" or "pciBusID"`,
      )
    }
    facts.uplink({
      at: conf.path(key ?? 'device'),
      master: {
        name,
        at: conf.path(key ?? 'device'),
        use: isInterface ? 'move' : 'device',
        byDefault: name === undefined,
        inContainer: false,
      },
      vlans: NATIVE,
      source: 'untagged',
    })
    if (conf.has('kernelpath')) facts.hostPath(conf.string('kernelpath'), 'read', conf.path('kernelpath'))
    declareCapabilities(conf, facts, 'ips', 'deviceID')
    runIpam(conf, facts, 'optional')
  },
}
