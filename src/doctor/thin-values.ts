import { chartSetting } from './chart-setting.ts'
import { answer, type Check, type Question } from './check.ts'
import type { Distribution } from './distribution.ts'
import { AUTOCONFIG, CNI_CONFIG_DIR, KUBECONFIG } from './questions.ts'

const BINARIES: Question = {
  id: 'cni-bin-dir',
  title: 'Multus is installed where the container runtime looks',
  why: 'containerd runs multus, and Multus the plugins, from its own directory of plugins; installed anywhere else, no pod starts.',
}

const AUTOCONFIG_OF_CHART: Question = {
  ...AUTOCONFIG,
  why: `${AUTOCONFIG.why} (Charts before 4.2.202 do not know the value, and look into confDir.)`,
}

/** What the rke2-multus chart has for a thin Multus where the values say nothing: paths of the host, as on RKE2. */
const CHART = {
  binDir: '/opt/cni/bin',
  confDir: '/etc/cni/net.d',
  multusAutoconfigDir: '/etc/cni/net.d',
  kubeconfig: '/etc/cni/net.d/multus.d/multus.kubeconfig',
}

/**
 * Judges `config.cni_conf`, which the chart has for a thin Multus. Source: rancher/rke2-charts packages/rke2-multus/charts/values.yaml;
 * docs.k3s.io/networking/multus-ipams.
 */
export function checkThinValues(given: unknown, { name, confDir, binDir }: Distribution): Check[] {
  const check = (question: Question, option: keyof typeof CHART, wanted: string): Check => {
    const { value, shown } = chartSetting(given, 'config.cni_conf', option, CHART[option])
    return value.replace(/\/+$/, '') === wanted
      ? answer(question, 'ok', shown)
      : answer(
          question,
          'error',
          `${shown}, but ${name} has ${wanted}`,
          `set config.cni_conf.${option} to ${wanted}`,
        )
  }
  return [
    check(BINARIES, 'binDir', binDir),
    check(CNI_CONFIG_DIR, 'confDir', confDir),
    // What an older chart does not know it need not be told, so that nothing is lost by its being there.
    check(AUTOCONFIG_OF_CHART, 'multusAutoconfigDir', confDir),
    check(KUBECONFIG, 'kubeconfig', `${confDir}/multus.d/multus.kubeconfig`),
  ]
}
