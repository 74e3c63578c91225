import type { Rules } from '../rule.ts'
import { addressNotGranted } from './address-not-granted.ts'
import { addressOutsideSubnet } from './address-outside-subnet.ts'
import { ambiguousConfig } from './ambiguous-config.ts'
import { attachmentInUse } from './attachment-in-use.ts'
import { bridgeDefaultVlan } from './bridge-default-vlan.ts'
import { bridgeMtu } from './bridge-mtu.ts'
import { clusterRoute } from './cluster-route.ts'
import { cniArgsNotAllowed } from './cni-args-not-allowed.ts'
import { combinedDefaultRoute } from './combined-default-route.ts'
import { defaultNetworkOverride } from './default-network-override.ts'
import { defaultRoute } from './default-route.ts'
import { defaultRouteRequest } from './default-route-request.ts'
import { deviceRequest } from './device-request.ts'
import { exemptNamespace } from './exempt-namespace.ts'
import { foreignAttachment } from './foreign-attachment.ts'
import { foreignClaim } from './foreign-claim.ts'
import { foreignIpamStore } from './foreign-ipam-store.ts'
import { forgedBinding } from './forged-binding.ts'
import { forgedNetworkStatus } from './forged-network-status.ts'
import { hostLocalOnManyNodes } from './host-local-on-many-nodes.ts'
import { hostNetworkAttachment } from './host-network-attachment.ts'
import { hostPath } from './host-path.ts'
import { hostPort } from './host-port.ts'
import { hostRoute } from './host-route.ts'
import { ignoredSelectionKey } from './ignored-selection-key.ts'
import { ignoredVlanKey } from './ignored-vlan-key.ts'
import { interfaceNotGranted } from './interface-not-granted.ts'
import { invalidInterfaceName } from './invalid-interface-name.ts'
import { invalidMac } from './invalid-mac.ts'
import { invalidTenant } from './invalid-tenant.ts'
import { missingAddress } from './missing-address.ts'
import { mtuTooLarge } from './mtu-too-large.ts'
import { namespaceClaimedTwice } from './namespace-claimed-twice.ts'
import { namespaceWithoutTenant } from './namespace-without-tenant.ts'
import { nativeGrantedTwice } from './native-granted-twice.ts'
import { oldCniVersion } from './old-cni-version.ts'
import { onePodPerVlan } from './one-pod-per-vlan.ts'
import { orphanedNetworks } from './orphaned-networks.ts'
import { overlappingSubnet } from './overlapping-subnet.ts'
import { podVlanNotGranted } from './pod-vlan-not-granted.ts'
import { protectedInterface } from './protected-interface.ts'
import { refusedAttachment } from './refused-attachment.ts'
import { runtimeDefaultRoute } from './runtime-default-route.ts'
import { staleClaims } from './stale-claims.ts'
import { subnetNotGranted } from './subnet-not-granted.ts'
import { sysctlOnPrimary } from './sysctl-on-primary.ts'
import { takenInterfaceName } from './taken-interface-name.ts'
import { tenancyChanged } from './tenancy-changed.ts'
import { tooManyNetworks } from './too-many-networks.ts'
import { undecidableConfig } from './undecidable-config.ts'
import { unknownAttachment } from './unknown-attachment.ts'
import { unknownPluginType } from './unknown-plugin-type.ts'
import { unknownRule } from './unknown-rule.ts'
import { unreadAnnotation } from './unread-annotation.ts'
import { unreadKey } from './unread-key.ts'
import { unreadableConfig } from './unreadable-config.ts'
import { unreadableSelection } from './unreadable-selection.ts'
import { unsupportedCniVersion } from './unsupported-cni-version.ts'
import { unusableGrant } from './unusable-grant.ts'
import { vlanChanged } from './vlan-changed.ts'
import { vlanGrantedTwice } from './vlan-granted-twice.ts'
import { vlanHoppingCapability } from './vlan-hopping-capability.ts'
import { vlanNotGranted } from './vlan-not-granted.ts'
import { vlanOutOfRange } from './vlan-out-of-range.ts'

/** Every rule, by what it judges, in the order in which findings are shown. */
export const rules: Rules = {
  attachment: [
    unreadableConfig,
    ambiguousConfig,
    unsupportedCniVersion,
    unknownPluginType,
    undecidableConfig,
    namespaceWithoutTenant,
    vlanOutOfRange,
    ignoredVlanKey,
    unreadKey,
    vlanNotGranted,
    interfaceNotGranted,
    protectedInterface,
    defaultRoute,
    runtimeDefaultRoute,
    clusterRoute,
    subnetNotGranted,
    hostRoute,
    overlappingSubnet,
    addressOutsideSubnet,
    hostPath,
    foreignIpamStore,
    sysctlOnPrimary,
    hostLocalOnManyNodes,
    onePodPerVlan,
    mtuTooLarge,
    bridgeMtu,
    bridgeDefaultVlan,
    oldCniVersion,
    vlanChanged,
    staleClaims,
  ],
  removal: [attachmentInUse],
  selection: [
    unknownAttachment,
    foreignAttachment,
    refusedAttachment,
    podVlanNotGranted,
    defaultRouteRequest,
    invalidInterfaceName,
    addressNotGranted,
    missingAddress,
    invalidMac,
    cniArgsNotAllowed,
    deviceRequest,
    hostPort,
    foreignClaim,
  ],
  pod: [
    unreadableSelection,
    ignoredSelectionKey,
    defaultNetworkOverride,
    takenInterfaceName,
    combinedDefaultRoute,
    forgedNetworkStatus,
    tooManyNetworks,
    vlanHoppingCapability,
    hostNetworkAttachment,
  ],
  workload: [unreadAnnotation],
  tenant: [
    invalidTenant,
    vlanGrantedTwice,
    nativeGrantedTwice,
    namespaceClaimedTwice,
    exemptNamespace,
    unusableGrant,
    orphanedNetworks,
  ],
  namespace: [tenancyChanged],
  binding: [forgedBinding],
  settings: [unknownRule],
}

/** Every rule in one list, for documentation and look-ups by id. */
export const allRules = Object.values(rules).flat()

/** Rules that mean nothing while no tenant is known. */
export const tenancyRules: readonly string[] = [
  namespaceWithoutTenant,
  vlanNotGranted,
  interfaceNotGranted,
  subnetNotGranted,
  overlappingSubnet,
  hostRoute,
  foreignAttachment,
  podVlanNotGranted,
].map(({ id }) => id)

/** The id that was probably meant: rules are long to type, and one that holds what was written is. */
export function nearestRule(id: string, ids: readonly string[]): string | undefined {
  return id === '' ? undefined : ids.find(known => known.includes(id) || id.includes(known))
}
