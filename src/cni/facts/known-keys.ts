/**
 * Every key that some extractor knows: the strict reader refuses keys that Go only folds onto one of them.
 * Written by "npm run generate".
 */
export const knownKeys: ReadonlySet<string> = new Set(
  (
    'addHooks addSourceHints addecmproutes address addresses addroutes advmss aliases allSlavesActive ' +
    'allmulti allowPersistentIPs args backend bandwidth bcqueuelen binDir bond bridge bridgeId bridgeName ' +
    'capabilities checkHooks clean_gateway clusterNetwork cni cniDir cniOutput cniVersion cniVersions ' +
    'conditionsV4 conditionsV6 confDir configuration_path container containerID context ' +
    'daemonCallTimeoutSeconds daemonSocket daemonSocketDir daemonSocketPath dataDir datastore debug ' +
    'defaultGatewayIPs defaultNetworks default_ipv4_ippool default_ipv6_ippool delHooks delecmproutes ' +
    'delegate delegates delroutes destinations detectGateway detectIPConflict detectOptions device ' +
    'deviceID disableCheck disableContainerInterface disableGC dns domain dpdkMode dst egress egressBurst ' +
    'egressRate enable_overlapping_ranges enabledad engine evpn exclude excludeSubnets ' +
    'externalSetMarkChain failOverMac firewalldZone flushgateway flushroutes forceAddress forcePoolName ' +
    'fromArg gateway gateways globalNamespaces group gw gws hairpinMode hijackCIDR host hostRPFilter ' +
    'hostRuleTable hwaddr ibKubernetesEnabled id ifname iftype infinibandGUID infrastructureSubnets ' +
    'ingress ingressBurst ingressPolicy ingressRate interfaceArgs interfaceType interface_type interfaces ' +
    'ip ipConfig ipMasq ipMasqBackend ipMasqRandomFully ipRanges ipVRF ipam ipam_unix_socket_path ips ' +
    'iptablesAdminChainName isDPDKMode isDefaultGateway isGateway joinSubnet kernelpath kubeconfig ' +
    'kubernetes leader_lease_duration leader_renew_deadline leader_retry_period linkInContainer ' +
    'link_state link_state_check_interval link_state_check_retries links linksInContainer ' +
    'loadOnlyInlinedPlugins logFile logLevel logMaxAge logMaxCount logMaxSize logOptions logToStderr ' +
    'log_file log_file_max_age log_file_max_count log_file_max_size log_file_path log_level mac macVRF ' +
    'macspoofchk markMasqBit masqAll master match_master_subnet maxID max_tx_rate memif miimon minID ' +
    'min_tx_rate mirrors mode mtu multiQueue multusNamespace multusNicPrefix name nameservers namespace ' +
    'namespaceIsolation namingScheme netAttachDefName netType network_name node_slice_size ofport_request ' +
    'option options outboundSNAT overlapping_ranges overlayPodCIDR overrides ovnPort owner pciBusID ' +
    'physicalNetworkName pkey plugins podDefaultCniNic podDefaultRouteNic podIP podMACPrefix podNICs ' +
    'podRPFilter policyRoutes poolName poolType portIsolation portMappings preserveDefaultVlan prevResult ' +
    'priority promisc promiscMode provide provider publishPfGuid range rangeEnd rangeStart range_end ' +
    'range_start ranges rdmaIsolation readinessindicatorfile reconciler_cron_expression request ' +
    'reservedSubnets resolvConf retryDeleteOnError role routeTarget routes runtimeConfig scope search ' +
    'selinuxContext selinuxcontext server_socket serviceCIDR setUplinkVlan shapedSubnets sharedDir ' +
    'skipDefault skipcheck sleep_for_race snat socketDir socket_file socketfile spoofchk subnet ' +
    'subnetFile subnets sysctl systemNamespaces table tlbDynamicLb topology transitSubnet transport trunk ' +
    'trust tunePodRoutes txQLen txQueueLen type unshapedSubnets uplink value vethLinkAddress vfioPciMode ' +
    'vhost vid vlan vlanID vlanId vlanProto vlanQoS vlanTrunk vni vrfname vtep vxlan'
  ).split(' '),
)
