import { KubeConfig } from '@kubernetes/client-node'

type Request = Parameters<KubeConfig['applySecurityAuthentication']>[0]

/** No request lasts so long; one on a connection that nobody answers any more must end. A watch has a limit of its own. */
const REQUEST_MS = 10_000

/**
 * A configuration whose requests share their connections. The client's own makes a TLS connection for every request, which
 * costs more than the request, and keeps each for some seconds.
 */
export class SharingConfig extends KubeConfig {
  /** What the last connections were made with: a certificate, or an authority, may be another some day. */
  #credentials = ''
  #shared: { credentials: string; dispatcher: ReturnType<Request['getDispatcher']> } | undefined

  override createDispatcherOptions(...args: Parameters<KubeConfig['createDispatcherOptions']>) {
    const [, { ca, cert, key }] = args
    this.#credentials = [ca, cert, key].map(String).join()
    return super.createDispatcherOptions(...args)
  }

  override async applySecurityAuthentication(request: Request): Promise<void> {
    await super.applySecurityAuthentication(request)
    request.setSignal(AbortSignal.timeout(REQUEST_MS))
    const credentials = this.#credentials
    if (this.#shared?.credentials !== credentials)
      this.#shared = { credentials, dispatcher: request.getDispatcher() }
    const { dispatcher } = this.#shared
    if (dispatcher !== undefined) request.setDispatcher(dispatcher)
  }
}

/** The same cluster, which lists and watches the metadata of objects alone (Kubernetes API concepts, "Metadata-only fetches"). */
export function metadataOnly(config: KubeConfig): KubeConfig {
  return Object.create(config, {
    applySecurityAuthentication: {
      value: async (request: Request) => {
        await config.applySecurityAuthentication(request)
        const isWatch = new URL(request.getUrl()).searchParams.has('watch')
        const kind = isWatch ? 'PartialObjectMetadata' : 'PartialObjectMetadataList'
        // What is no list of objects, like a list of kinds, comes as it is.
        request.setHeaderParam('Accept', `application/json;as=${kind};g=meta.k8s.io;v=v1,application/json`)
      },
    },
  })
}
