import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeClaim } from '../../src/claims/claim.ts'
import { type KeySet, parseKeySet } from '../../src/claims/keys.ts'
import { verifyJws } from '../../src/claims/signature.ts'
import { NETWORKS_ANNOTATION } from '../../src/kube/annotations.ts'
import type { Manifest } from '../../src/kube/manifest.ts'
import { claimOf } from '../../src/kube/selection-claims.ts'
import { readSelections } from '../../src/kube/selections.ts'
import { readManifests } from '../../src/yaml/document.ts'
import type { Admission, ApiServer } from './api-server.ts'

interface Step {
  readonly file: string
  readonly namespace: string
  readonly title: string
}

/** The manifests of the seed documents, and the same where the tenant has no grant. */
const STEPS: readonly Step[] = [
  { title: 'A VLAN for its own tenant', file: '000-vlan100-network.yaml', namespace: 'secure-zone-1' },
  {
    title: 'A pod of that tenant gets a signed claim',
    file: '000-dual-net-pod.yaml',
    namespace: 'secure-zone-1',
  },
  {
    title: 'The same pod elsewhere does not get there',
    file: '000-dual-net-pod-steals.yaml',
    namespace: 'default',
  },
  { title: 'A default route that clashes with Flannel', file: '004-macvlan-conf.yaml', namespace: 'default' },
  {
    title: 'A network with addresses and MACs of the pods’ choice',
    file: '002-lan-network.yaml',
    namespace: 'default',
  },
  { title: 'A pod that chooses an address of its tenant', file: '002-my-pod.yaml', namespace: 'default' },
  { title: 'ipvlan, and a pod on it', file: '003-ipvlan.yaml', namespace: 'default' },
  { title: 'The same network where no tenant lives', file: '003-ipvlan.yaml', namespace: 'kube-edge' },
]

export interface DemoOptions {
  readonly apiServer: ApiServer
  /** The webhook's policy directory: what is created goes there, since the webhook has no other store here. */
  readonly policyDirectory: string
  /** JWKS of the public keys, as the nodes have them. */
  readonly keys: string
  /** Resolves when the webhook has read its directory again. */
  readonly settle: () => Promise<void>
}

/** Plays kubectl and the API server with the seeds' manifests; yields what a person would see. */
export async function* runDemo({
  apiServer,
  policyDirectory,
  keys,
  settle,
}: DemoOptions): AsyncIterable<string> {
  const keySet = parseKeySet(keys)
  for (const { title, file, namespace } of STEPS) {
    yield `\n# ${title}\n$ kubectl -n ${namespace} create -f examples/seeds/${file}\n`
    const text = readFileSync(new URL(`../seeds/${file}`, import.meta.url), 'utf8')
    const { manifests, problems } = readManifests(text)
    if (problems.length > 0) throw new Error(`${file}: ${problems[0]?.message}`)
    for (const manifest of manifests) {
      const admission = await apiServer.create(withNamespace(manifest, namespace), namespace)
      yield print(admission)
      yield printClaims(admission, keySet)
      if (!admission.response.allowed || manifest.kind === 'Pod') continue
      writeFileSync(
        join(policyDirectory, `${namespace}-${manifest.metadata.name}.json`),
        JSON.stringify(admission.object),
      )
      await settle()
    }
  }
}

/** The demonstration applies some manifests where they were not written for. */
function withNamespace(manifest: Manifest, namespace: string): Manifest {
  return { ...manifest, metadata: { ...manifest.metadata, namespace } }
}

/** What kubectl prints. */
export function print({ object, mutation, response }: Admission): string {
  const warnings = [...(mutation.warnings ?? []), ...(response.warnings ?? [])].map(
    warning => `Warning: ${warning}\n`,
  )
  const { name } = object.metadata
  const kind = object.kind.toLowerCase()
  if (response.allowed) return `${warnings.join('')}${kind}/${name} created\n`
  const reason = response.status?.message ?? ''
  return `${warnings.join('')}Error from server (Forbidden): admission webhook "validate.socni.dev" denied the request:\n${reason}\n`
}

function printClaims({ object, response }: Admission, keys: KeySet): string {
  if (!response.allowed || object.kind !== 'Pod') return ''
  const { selections } = readSelections(
    object.metadata.annotations?.[NETWORKS_ANNOTATION],
    object.metadata.namespace ?? '',
  )
  return selections
    .map(selection => {
      const verified = verifyJws(claimOf(selection) ?? '', keys)
      const claim = verified.ok ? JSON.stringify(decodeClaim(verified.payload), null, 2) : 'none'
      return `its claim on ${selection.interface}, verified with keys.json:\n${claim.replace(/^/gm, '  ')}\n`
    })
    .join('')
}
