import { WEBHOOK_CONFIGURATION } from '../../src/kube/installed.ts'
import type { KubeClient } from '../../src/kube-api/client.ts'
import type { CertificatePair } from '../tls/certificates.ts'
import { givenCertificates } from '../tls/files.ts'
import {
  type ClusterCertificates,
  caBundleOf,
  openClusterCertificates,
  patchCaBundle,
  renewClusterCertificates,
} from './certificates.ts'
import type { Journal } from './reflector.ts'

/** Where the serving certificate of a replica in a cluster comes from. */
export interface Serving {
  readonly certificate: CertificatePair
  /** PEM of the authority, where it is ours. */
  readonly authority: string | undefined
  /** Reads it again; one replica also renews it, and tells the API server whom to trust. */
  look(isLeader: boolean): Promise<void>
}

/** Certificates of the cluster's own, the same for all replicas, in a Secret. */
export async function ownServing(
  client: KubeClient,
  names: readonly string[],
  clock: () => Date,
  log: Journal,
): Promise<Serving> {
  let certificates: ClusterCertificates = await openClusterCertificates(client, names, clock())
  return {
    get certificate() {
      return certificates.leaf
    },
    get authority() {
      return certificates.authority.cert
    },
    look: async isLeader => {
      if (!isLeader) {
        certificates = await openClusterCertificates(client, names, clock())
        return
      }
      // Clients trust an authority before anything is served that it signed.
      const changed = await patchCaBundle(client, WEBHOOK_CONFIGURATION, caBundleOf(certificates))
      if (changed > 0)
        log.info({ changed }, 'the webhook configurations trust the authorities of the certificate')
      certificates = await renewClusterCertificates(client, names, clock())
    },
  }
}

/** Files that cert-manager or an operator renews, who also tells the API server whom to trust. */
export function givenServing(certPath: string, keyPath: string): Serving {
  const source = givenCertificates(certPath, keyPath)
  let certificate = source.current()
  return {
    get certificate() {
      return certificate
    },
    authority: undefined,
    look: async () => {
      certificate = source.current()
    },
  }
}
