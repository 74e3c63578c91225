import { isRecord } from '../kube/manifest.ts'
import { answer, type Check, type Question } from './check.ts'
import type { Distribution } from './distribution.ts'
import { stripHostMount } from './multus.ts'
import { CONFIGURATION, MODE } from './questions.ts'

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

/** What the rke2-multus chart has where the values say nothing. */
const CHART = {
  cniBinDir: '/var/lib/rancher/k3s/data/cni',
  cniConfigDir: '/host/etc/cni/net.d',
  multusAutoconfigDir: '/host/etc/cni/net.d',
}

/** The one directory of plugins that the chart mounts, besides the whole host below /hostroot. */
const MOUNTED_BIN_DIR = '/opt/cni/bin'

/** Judges values of the rke2-multus chart, with the chart's own defaults where they say nothing. */
export function checkValues(values: unknown, { name, confDir, binDir }: Distribution): Check[] {
  const isThick = at(values, 'thickPlugin', 'enabled') === true
  const mode = answer(MODE, 'ok', isThick ? 'thick' : 'thin')
  const key = isThick ? 'daemon_conf' : 'cni_conf'
  const setting = (option: keyof typeof CHART): { value: string; shown: string } => {
    const given = at(values, 'config', key, option)
    const value = typeof given === 'string' ? given : CHART[option]
    return {
      value,
      shown: `"config.${key}.${option}": "${value}"${given === undefined ? ", the chart's default" : ''}`,
    }
  }

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
      : answer(BINARIES, 'error', bin.shown, `set config.${key}.cniBinDir to ${MOUNTED_BIN_DIR}`),
    isRead
      ? answer(CONFIGURATION, 'ok', config.shown)
      : answer(
          CONFIGURATION,
          'error',
          `${config.shown}, but ${name} reads ${confDir}`,
          `set config.${key}.cniConfigDir to /hostroot${confDir}`,
        ),
    autoconfig.value === config.value
      ? answer(
          AUTOCONFIG,
          isRead ? 'ok' : 'error',
          autoconfig.shown,
          isRead ? undefined : `set config.${key}.multusAutoconfigDir to /hostroot${confDir}`,
        )
      : answer(
          AUTOCONFIG,
          'error',
          `${autoconfig.shown} is not cniConfigDir, "${config.value}"`,
          `set config.${key}.multusAutoconfigDir to ${config.value}`,
        ),
  ]
}

function at(value: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>((inner, step) => (isRecord(inner) ? inner[step] : undefined), value)
}
