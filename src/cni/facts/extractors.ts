import { acceleratedBridge } from './accelerated-bridge.ts'
import { bond } from './bond.ts'
import { bridge } from './bridge.ts'
import { bandwidth, firewall, loopback, passthru, portmap, rdma } from './chained.ts'
import { coordinator } from './coordinator.ts'
import { danm } from './danm.ts'
import { debug } from './debug.ts'
import { dhcp } from './dhcp.ts'
import { dummy } from './dummy.ts'
import { egressRouter } from './egress-router.ts'
import type { Extractor } from './extractor.ts'
import { flannel } from './flannel.ts'
import { hostDevice } from './host-device.ts'
import { hostLocal } from './host-local.ts'
import { ibSriov } from './ib-sriov.ts'
import { ifacer } from './ifacer.ts'
import { ipvlan } from './ipvlan.ts'
import { kubeOvn, kubeOvnIpam } from './kube-ovn.ts'
import { macvlan } from './macvlan.ts'
import { multus } from './multus.ts'
import { nvIpam } from './nv-ipam.ts'
import { ovnK8sCniOverlay } from './ovn-k8s-cni-overlay.ts'
import { ovs } from './ovs.ts'
import { ptp } from './ptp.ts'
import { routeOverride } from './route-override.ts'
import { sbr } from './sbr.ts'
import { socni } from './socni.ts'
import { spiderpool } from './spiderpool.ts'
import { sriov } from './sriov.ts'
import { staticIpam } from './static.ts'
import { tap } from './tap.ts'
import { tuning } from './tuning.ts'
import { userspace } from './userspace.ts'
import { vlan } from './vlan.ts'
import { vrf } from './vrf.ts'
import { whereabouts } from './whereabouts.ts'

/** One extractor per CNI type. A type that is not in this list is unknown, and refused for tenants. */
export const extractors: readonly Extractor[] = [
  // ours
  socni,
  // containernetworking/plugins
  bandwidth,
  bridge,
  dummy,
  firewall,
  hostDevice,
  ipvlan,
  loopback,
  macvlan,
  portmap,
  ptp,
  sbr,
  tap,
  tuning,
  vlan,
  vrf,
  // other projects
  acceleratedBridge,
  bond,
  coordinator,
  danm,
  debug,
  egressRouter,
  flannel,
  ibSriov,
  ifacer,
  kubeOvn,
  multus,
  ovnK8sCniOverlay,
  ovs,
  passthru,
  rdma,
  routeOverride,
  sriov,
  userspace,
  // IPAM
  dhcp,
  hostLocal,
  kubeOvnIpam,
  nvIpam,
  spiderpool,
  staticIpam,
  whereabouts,
]
