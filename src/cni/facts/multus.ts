import type { Extractor } from './extractor.ts'

/** Multus called by itself: further configurations inline, from files, or from NADs in any namespace. */
export const multus: Extractor = {
  types: ['multus', 'multus-shim'],
  role: 'plugin',
  source: 'k8snetworkplumbingwg/multus-cni v4.3.0 pkg/types/types.go NetConf',
  keys: {
    confDir: {},
    cniDir: {},
    binDir: {},
    delegates: {},
    kubeconfig: {},
    clusterNetwork: {},
    defaultNetworks: {},
    logFile: {},
    logLevel: {},
    logToStderr: {},
    logOptions: {},
    namespaceIsolation: {},
    globalNamespaces: {},
    systemNamespaces: {},
    multusNamespace: {},
    readinessindicatorfile: {},
    retryDeleteOnError: {},
    daemonSocketDir: {},
    socketDir: {},
  },

  extract(conf, facts) {
    for (const delegate of conf.objects('delegates')) facts.nested(delegate.body, delegate.at, 'delegate')
    for (const key of ['clusterNetwork', 'defaultNetworks']) {
      if (conf.has(key))
        facts.problem(
          'undecidable',
          conf.path(key),
          `"${key}" names configurations elsewhere: select their NADs from the pod`,
        )
    }
    for (const key of [
      'confDir',
      'binDir',
      'kubeconfig',
      'readinessindicatorfile',
      'daemonSocketDir',
      'socketDir',
    ]) {
      facts.hostPath(conf.string(key), 'read', conf.path(key))
    }
    for (const key of ['cniDir', 'logFile']) facts.hostPath(conf.string(key), 'write', conf.path(key))
  },
}
