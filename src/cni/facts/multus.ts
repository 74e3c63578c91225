import type { Extractor } from './extractor.ts'

/**
 * Multus called by itself: further configurations inline, from files, or from NADs in any namespace. What it attached before for this
 * pod it forgets (CNI_CONTAINERID is the same), so that nobody gives Flannel's address back; and a thick one reads the pod's
 * networks once more, this one among them.
 */
export const multus: Extractor = {
  types: ['multus', 'multus-shim'],
  role: 'plugin',
  source:
    'k8snetworkplumbingwg/multus-cni v4.3.0 pkg/types/types.go NetConf, pkg/multus/multus.go saveDelegates()',
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
    facts.problem(
      'undecidable',
      conf.path('type'),
      "Multus inside of a network forgets what else the pod has, Flannel's address too, and hands its delegates what nobody judges: select their NADs from the pod",
    )
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
