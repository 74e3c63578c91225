import {
  type KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  type ResponseContext,
} from '@kubernetes/client-node'

/**
 * Answers as they are written. The client's own reading makes objects of its classes of them, with dates for texts: it takes
 * seconds for thousands of pods, and of a list of a kind that it has no class for, as all custom resources, it drops the
 * token of the next page.
 */
export class PlainObjectApi extends KubernetesObjectApi {
  static override makeApiClient(config: KubeConfig): PlainObjectApi {
    const client = config.makeApiClient(PlainObjectApi)
    client.setDefaultNamespace(config)
    return client
  }

  /** The client's own requests, of which kinds there are, come with a type. */
  protected override async processResponse<T extends KubernetesObject>(
    response: ResponseContext,
    type?: string,
  ): Promise<T> {
    const isObject = type === undefined && response.httpStatusCode >= 200 && response.httpStatusCode < 300
    return isObject ? JSON.parse(await response.body.text()) : super.processResponse<T>(response, type)
  }
}
