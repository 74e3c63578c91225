import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { cacheDirectory, certManagerVersion } from './binaries.ts'

/** CustomResourceDefinitions of others, as their Go modules have them. */
const MODULES = {
  openreports: {
    module: 'github.com/openreports/reports-api@v0.2.1',
    files: ['config/crd/openreports.io_reports.yaml', 'config/crd/openreports.io_clusterreports.yaml'],
  },
  wgpolicyk8s: {
    module: 'sigs.k8s.io/wg-policy-prototypes@v0.0.0-20230505033312-51c21979086a',
    files: [
      'policy-report/crd/v1alpha2/wgpolicyk8s.io_policyreports.yaml',
      'policy-report/crd/v1alpha2/wgpolicyk8s.io_clusterpolicyreports.yaml',
    ],
  },
  certManager: {
    module: `github.com/cert-manager/cert-manager@${certManagerVersion()}`,
    files: ['certificates', 'certificaterequests', 'issuers'].map(
      kind => `deploy/crds/cert-manager.io_${kind}.yaml`,
    ),
  },
  prometheus: {
    module: 'github.com/prometheus-operator/prometheus-operator@v0.85.0',
    files: ['podmonitors', 'prometheusrules'].map(
      kind => `example/prometheus-operator-crd/monitoring.coreos.com_${kind}.yaml`,
    ),
  },
} as const

/** The definitions, fetched once into the user's cache; Go verifies what it fetches by its checksum database. */
export function findDefinitions(name: keyof typeof MODULES): readonly string[] {
  const { module, files } = MODULES[name]
  const directory = cacheDirectory('test-definitions', module.replaceAll('/', '_'))
  const kept = files.map(file => join(directory, basename(file)))
  if (kept.every(file => existsSync(file))) return kept
  const { Dir: source } = JSON.parse(
    execFileSync('go', ['mod', 'download', '-json', module], { encoding: 'utf8', cwd: directory }),
  )
  for (const file of files) copyFileSync(join(source, file), join(directory, basename(file)))
  return kept
}
