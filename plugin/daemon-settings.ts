import type { JsonObject } from '../src/json/value.ts'

/**
 * Settings of a thick Multus's daemon. Into the configuration of a network that is put into a running pod it writes all
 * that it was started with (multus-cni v4.3.0 pkg/server/server.go overrideCNIConfigWithServerConfig, for /delegate;
 * ControllerNetConf, and NetConf in pkg/types and MultusConf in pkg/server/config). `name`, `cniVersion` and `type` are
 * not among them: those are a network's own.
 */
const DAEMON_SETTINGS: ReadonlySet<string> = new Set([
  ...['chrootDir', 'logFile', 'logLevel', 'logToStderr', 'logOptions', 'perNodeCertificate'],
  ...['connectionLimit', 'metricsPort', 'enablePprof', 'socketDir', 'daemonSocketDir', 'binDir'],
  ...['cniDir', 'cniConfigDir', 'confDir', 'kubeconfig', 'clusterNetwork', 'defaultNetworks'],
  ...['namespaceIsolation', 'globalNamespaces', 'systemNamespaces', 'multusNamespace'],
  ...['readinessindicatorfile', 'retryDeleteOnError', 'auxiliaryCNIChainName', 'capabilities'],
  ...['multusConfigFile', 'multusMasterCNI', 'multusAutoconfigDir', 'forceCNIVersion', 'overrideNetworkName'],
])

/** A network's configuration as its author wrote it, where a daemon added its own settings. */
export function withoutDaemonSettings(body: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(body).filter(([key]) => !DAEMON_SETTINGS.has(key)))
}
