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
    ['manifests/chart/templates/monitoring.yaml', NOTE + monitoring()],
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

/** The authority is in another Secret where cert-manager writes it. */
function monitoring(): string {
  const labelled = (text: string): string =>
    text.replace(
      /^metadata: \{ name: (\S+), namespace: (\S+) \}$/m,
      `metadata:
  name: $1
  namespace: $2
  {{- with .Values.monitoring.labels }}
  labels:
    {{- toYaml . | nindent 4 }}
  {{- end }}`,
    )
  const monitor = labelled(manifest('components/monitoring/pod-monitor.yaml')).replace(
    'name: socni-webhook-tls,',
    'name: {{ ternary "socni-webhook-cert-manager" "socni-webhook-tls" .Values.certManager }},',
  )
  const alerts = labelled(manifest('components/monitoring/alerts.yaml'))
  return `{{- if .Values.monitoring.enabled }}\n${monitor}---\n${alerts}{{- end }}\n`
}

/** Helm refuses values that are none, and facts of the cluster that the webhook could not read. */
function valuesSchema(): object {
  const quantities = z.record(z.string(), z.union([z.string(), z.number()]))
  // What else a container may claim is the API server's to judge.
  const resources = z.looseObject({ requests: quantities.optional(), limits: quantities.optional() })
  // Several are joined with ":".
  const directory = z.string().regex(/^\/[\w./-]+$/)
  const values = z.strictObject({
    distribution: z.enum(['k3s', 'k3s-thick', 'rke2', 'kubeadm', 'openshift']),
    cluster: clusterSpec,
    image: z.strictObject({ registry: z.string(), tag: z.string() }),
    imagePullSecrets: z.array(z.strictObject({ name: z.string() })),
    replicas: z.int().min(1).max(100),
    webhook: z.strictObject({ resources, maxOldSpaceSize: z.int().min(64) }),
    apiServerPorts: z.array(z.int().min(1).max(65_535)).min(1),
    reports: z.enum(['openreports', 'wgpolicyk8s', 'none']),
    certManager: z.boolean(),
    monitoring: z.strictObject({ enabled: z.boolean(), labels: z.record(z.string(), z.string()) }),
    guard: z.strictObject({
      mode: z.enum(['enforce', 'audit']),
      binDirs: z.array(directory).max(2),
      confDir: z.union([z.literal(''), directory]),
      resources,
      uninstall: z.boolean(),
    }),
    // Helm has it for charts that are part of others.
    global: z.looseObject({}).optional(),
  })
  return z.toJSONSchema(values, { io: 'input', target: 'draft-7', unrepresentable: 'any' })
}
