import type { Extractor } from './extractor.ts'

const HOOK_KEYS = ['addHooks', 'delHooks', 'checkHooks'] as const

/** The CNI project's debugging plugin: its hooks are commands that run as root on the node. */
export const debug: Extractor = {
  types: ['debug'],
  role: 'plugin',
  source: 'containernetworking/cni plugins/debug/main.go',
  keys: { cniOutput: {}, addHooks: {}, delHooks: {}, checkHooks: {} },

  extract(conf, facts) {
    facts.hostPath(conf.string('cniOutput'), 'write', conf.path('cniOutput'))
    for (const key of HOOK_KEYS) {
      const hooks = conf.body[key]
      for (const [index, hook] of (Array.isArray(hooks) ? hooks : []).entries()) {
        const isCommand = Array.isArray(hook) && hook.every(word => typeof word === 'string')
        facts.hostPath(isCommand ? hook.join(' ') : JSON.stringify(hook), 'execute', conf.path(key, index))
      }
    }
  },
}
