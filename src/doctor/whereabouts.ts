import { WHEREABOUTS_DIRECTORIES } from '../cni/facts/whereabouts.ts'
import { isObject } from '../json/value.ts'
import { answer, type Check, type Question } from './check.ts'
import type { Distribution } from './distribution.ts'
import { hasPlugin } from './plugins.ts'
import type { Tree } from './tree.ts'

const WHEREABOUTS: Question = {
  id: 'whereabouts',
  title: 'whereabouts finds its configuration',
  why: 'It looks in directories of its own, whatever those of the distribution are; without it no pod gets an address: config file not found.',
}

const [USUAL = ''] = WHEREABOUTS_DIRECTORIES
const RESTART = 'restart the whereabouts pod of this node: it writes the file'

/** Whether networks with addresses from whereabouts can work on a node; nothing where it is not installed. */
export function checkWhereabouts(tree: Tree, distribution: Distribution): Check[] {
  if (!hasPlugin(tree, distribution, 'whereabouts')) return []
  const directory = WHEREABOUTS_DIRECTORIES.find(path => tree.has(`${path}/whereabouts.conf`))
  if (directory !== undefined) return [checkKubeconfig(tree, `${directory}/whereabouts.conf`)]
  const elsewhere = `${distribution.confDir}/whereabouts.d`
  if (!tree.has(`${elsewhere}/whereabouts.conf`)) {
    const found = `"${USUAL}/whereabouts.conf" is missing`
    return [answer(WHEREABOUTS, 'error', found, RESTART)]
  }
  const found = `"${elsewhere}/whereabouts.conf" is where it does not look by itself`
  const link = `mkdir -p /etc/cni/net.d && ln -s ${elsewhere} ${USUAL}`
  const named = `"configuration_path": "${elsewhere}/whereabouts.conf", "kubernetes": { "kubeconfig": "${elsewhere}/whereabouts.kubeconfig" }`
  return [
    answer(WHEREABOUTS, 'warning', found, `${link}; or write ${named} into the "ipam" of every network`),
  ]
}

/** Its installer writes the path inside of its container where the host's was meant (whereabouts issue 465). */
function checkKubeconfig(tree: Tree, path: string): Check {
  const configuration = tree.readObject(path)
  if (typeof configuration === 'string')
    return answer(WHEREABOUTS, 'error', `"${path}" ${configuration}`, RESTART)
  const kubernetes = isObject(configuration.kubernetes) ? configuration.kubernetes : {}
  const { kubeconfig } = kubernetes
  if (typeof kubeconfig !== 'string')
    return answer(WHEREABOUTS, 'error', `"${path}" names no kubeconfig`, RESTART)
  return tree.has(kubeconfig)
    ? answer(WHEREABOUTS, 'ok', `"${path}"`)
    : answer(WHEREABOUTS, 'error', `"${path}" names "${kubeconfig}", which is missing`, RESTART)
}
