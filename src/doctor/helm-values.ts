import { isRecord } from '../kube/manifest.ts'
import { chartSetting } from './chart-setting.ts'
import { answer, type Check, type Question } from './check.ts'
import type { Distribution } from './distribution.ts'
import { stripHostMount } from './multus.ts'
import { CNI_CONFIG_DIR, MODE } from './questions.ts'
import { checkThinValues } from './thin-values.ts'

const BINARIES: Question = {
  id: 'cni-bin-dir',
  title: 'Multus finds the CNI plugins',
  why: 'The chart mounts /opt/cni/bin into its pod and nothing else; in any other directory: failed to find plugin "flannel" in path.',
}

const AUTOCONFIG: Question = {
  id: 'multus-autoconfig-dir',
  title: "Multus finds the cluster's default network",
  why: 'It reads 10-flannel.conflist from there to make its own configuration; without it pods get no eth0.',
}

/** What the rke2-multus chart has for a thick Multus where the values say nothing. */
const CHART = {
  cniBinDir: '/var/lib/rancher/k3s/data/cni',
  cniConfigDir: '/host/etc/cni/net.d',
  multusAutoconfigDir: '/host/etc/cni/net.d',
}

/** The one directory of plugins that the chart mounts, besides the whole host below /hostroot. */
const MOUNTED_BIN_DIR = '/opt/cni/bin'

/** Judges values of the rke2-multus chart, with the chart's own defaults where they say nothing. */
export function checkValues(values: unknown, distribution: Distribution): Check[] {
  const isThick = at(values, 'thickPlugin', 'enabled') === true
  const mode = answer(MODE, 'ok', isThick ? 'thick' : 'thin')
  if (!isThick) return [mode, ...checkThinValues(at(values, 'config', 'cni_conf'), distribution)]
  const { name, confDir, binDir } = distribution
  const given = at(values, 'config', 'daemon_conf')
  const setting = (option: keyof typeof CHART) =>
    chartSetting(given, 'config.daemon_conf', option, CHART[option])
  const [bin, config, autoconfig] = [
    setting('cniBinDir'),
    setting('cniConfigDir'),
    setting('multusAutoconfigDir'),
  ]
  const isMounted = bin.value === MOUNTED_BIN_DIR || bin.value === `/hostroot${binDir}`
  const isRead = stripHostMount(config.value) === confDir
  return [
    mode,
    isMounted
      ? answer(BINARIES, 'ok', bin.shown)
      : answer(BINARIES, 'error', bin.shown, `set config.daemon_conf.cniBinDir to ${MOUNTED_BIN_DIR}`),
    isRead
      ? answer(CNI_CONFIG_DIR, 'ok', config.shown)
      : answer(
          CNI_CONFIG_DIR,
          'error',
          `${config.shown}, but ${name} reads ${confDir}`,
          `set config.daemon_conf.cniConfigDir to /hostroot${confDir}`,
        ),
    autoconfig.value === config.value
      ? answer(
          AUTOCONFIG,
          isRead ? 'ok' : 'error',
          autoconfig.shown,
          isRead ? undefined : `set config.daemon_conf.multusAutoconfigDir to /hostroot${confDir}`,
        )
      : answer(
          AUTOCONFIG,
          'error',
          `${autoconfig.shown} is not cniConfigDir, "${config.value}"`,
          `set config.daemon_conf.multusAutoconfigDir to ${isRead ? config.value : `/hostroot${confDir}`}`,
        ),
  ]
}

function at(value: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>((inner, step) => (isRecord(inner) ? inner[step] : undefined), value)
}
