import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { clusterSpec } from '../src/config/cluster.ts'

const NOTE = '{{- /* Written by "npm run generate". */ -}}\n'

/** What of the Helm chart is the same as in the kustomize manifests, or follows from the types. */
export function chartFiles(crd: string): [path: string, content: string][] {
  return [
    ['manifests/chart/crds/tenant.yaml', crd],
    ['manifests/chart/templates/rbac.yaml', NOTE + rights()],
    ['manifests/chart/templates/webhook-configurations.yaml', NOTE + webhookConfigurations()],
    [
      'manifests/chart/templates/cert-manager.yaml',
      `${NOTE}{{- if .Values.certManager }}\n${manifest('components/cert-manager/certificates.yaml')}{{- end }}\n`,
    ],
    ['manifests/chart/values.schema.json', `${JSON.stringify(valuesSchema(), null, 2)}\n`],
  ]
}

function manifest(path: string): string {
  return readFileSync(new URL(`../manifests/${path}`, import.meta.url), 'utf8')
}

/** Without the rights that only certificates of its own need, as in components/cert-manager. */
function rights(): string {
  return OWN_CERTIFICATES.reduce((text, rule) => {
    if (!text.includes(rule)) throw new Error(`base/rbac.yaml has no such rule any more:\n${rule}`)
    return text.replace(rule, `  {{- if not .Values.certManager }}\n${rule}  {{- end }}\n`)
  }, manifest('base/rbac.yaml'))
}

const OWN_CERTIFICATES = [
  `  # The authorities of the serving certificate.
  - apiGroups: [admissionregistration.k8s.io]
    resources: [mutatingwebhookconfigurations, validatingwebhookconfigurations]
    resourceNames: [zz-socni]
    verbs: [get, update]
`,
  `  - apiGroups: [""]
    resources: [secrets]
    resourceNames: [socni-webhook-tls]
    verbs: [get, update]
`,
]

/** cert-manager writes the authority where it finds its annotation. */
function webhookConfigurations(): string {
  const annotated = `metadata:
  name: zz-socni
  {{- if .Values.certManager }}
  annotations: { cert-manager.io/inject-ca-from: socni-system/socni-webhook }
  {{- end }}`
  return manifest('base/webhook-configurations.yaml').replaceAll('metadata: { name: zz-socni }', annotated)
}

/** Helm refuses values that are none, and facts of the cluster that the webhook could not read. */
function valuesSchema(): object {
  const values = z.strictObject({
    distribution: z.enum(['k3s', 'k3s-thick', 'rke2', 'kubeadm', 'openshift']),
    cluster: clusterSpec,
    image: z.strictObject({ registry: z.string(), tag: z.string() }),
    replicas: z.int().min(1).max(100),
    reports: z.enum(['openreports', 'wgpolicyk8s', 'none']),
    certManager: z.boolean(),
    guard: z.strictObject({ mode: z.enum(['enforce', 'audit']), uninstall: z.boolean() }),
    // Helm has it for charts that are part of others.
    global: z.looseObject({}).optional(),
  })
  return z.toJSONSchema(values, { io: 'input', target: 'draft-7', unrepresentable: 'any' })
}
