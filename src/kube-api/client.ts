import { existsSync } from 'node:fs'
import { ApiException, CustomObjectsApi, KubeConfig, type KubernetesObject } from '@kubernetes/client-node'
import { isRecord, type Manifest } from '../kube/manifest.ts'
import { SharingConfig } from './connections.ts'
import { PlainObjectApi } from './plain-objects.ts'

/** Why the API server, or the way to it, did not do what was asked; its own words, without the request around them. */
export class ApiError extends Error {
  readonly code = 'ERR_SOCNI_API'
  /** HTTP status; 0 where there was no answer. */
  readonly status: number

  constructor(message: string, status = 0) {
    super(message)
    this.status = status
  }
}

export interface ClusterAccess {
  readonly kubeconfig?: string | undefined
  readonly context?: string | undefined
  /** Those that the variable KUBECONFIG names, where no kubeconfig is given. */
  readonly files?: readonly string[] | undefined
}

/** A kind of object, as its manifests name it. */
export interface KindOf {
  readonly apiVersion: string
  readonly kind: string
}

export interface ListOptions {
  /** undefined: all namespaces, or a kind without. */
  readonly namespace?: string | undefined
  readonly fieldSelector?: string | undefined
  /** So many and no more; undefined: all, page by page. */
  readonly limit?: number
  /** Objects a page. */
  readonly page?: number | undefined
}

export interface Listing {
  readonly items: readonly Manifest[]
  /** Where a watch goes on from. */
  readonly resourceVersion: string
}

/** A list as it is written (apimachinery meta/v1 ListMeta). Its items do not say their kind; of metadata it has null for none. */
interface WrittenList {
  readonly metadata: { readonly resourceVersion?: string; readonly continue?: string }
  readonly items: readonly Manifest[] | null
}

/** Objects a page: a large cluster needs no large answer, and reviews need not wait until one is read. */
const PAGE = 200

/** Objects a page where each may be as large as the API server allows (1.5 MiB), and its writer means no good. */
export const PAGE_OF_LARGE = 10

/** Reads the kubeconfig, or what a pod is given of its cluster. Throws an ApiError that says what it has instead. */
export function loadConfig({ kubeconfig, context, files = [] }: ClusterAccess): KubeConfig {
  const config = new SharingConfig()
  try {
    if (kubeconfig !== undefined) config.loadFromFile(kubeconfig)
    else if (files.length > 0) config.loadFromOptions(mergeFiles(files))
    else config.loadFromDefault()
  } catch (error) {
    if (error instanceof ApiError) throw error
    throw new ApiError(`${kubeconfig ?? 'the kubeconfig'} cannot be read: ${reasonOf(error)}`)
  }
  // What client-node takes where nothing is found: nobody has meant it.
  if (kubeconfig === undefined && config.getCurrentCluster()?.server === 'http://localhost:8080')
    throw new ApiError('no kubeconfig is found: name one with --kubeconfig, or in the variable KUBECONFIG')
  if (context !== undefined) {
    const known = config.getContexts().map(({ name }) => name)
    if (!known.includes(context))
      throw new ApiError(`"${context}" is no context of the kubeconfig: it has ${known.join(', ') || 'none'}`)
    config.setCurrentContext(context)
  }
  return config
}

/**
 * The files that KUBECONFIG names as kubectl reads them: those that are not there are left out, and of two that say the same
 * thing the first one counts (client-go tools/clientcmd/loader.go). Throws an ApiError when none is there.
 */
function mergeFiles(
  files: readonly string[],
): Pick<KubeConfig, 'clusters' | 'users' | 'contexts' | 'currentContext'> {
  const there = files.filter(file => existsSync(file))
  if (there.length === 0)
    throw new ApiError(`the variable KUBECONFIG names no file that is there: ${files.join(', ')}`)
  const configs = there.map(file => {
    const config = new KubeConfig()
    config.loadFromFile(file)
    return config
  })
  const named = <T extends { name: string }>(lists: readonly (readonly T[])[]): T[] => [
    ...new Map(
      lists
        .flat()
        .toReversed()
        .map(item => [item.name, item]),
    ).values(),
  ]
  return {
    clusters: named(configs.map(({ clusters }) => clusters)),
    users: named(configs.map(({ users }) => users)),
    contexts: named(configs.map(({ contexts }) => contexts)),
    currentContext: configs.find(({ currentContext }) => currentContext)?.currentContext ?? '',
  }
}

/** Objects of any kind, as manifests. Every failure is an ApiError. */
export class KubeClient {
  readonly config: KubeConfig
  readonly #api: PlainObjectApi
  readonly #custom: CustomObjectsApi

  constructor(config: KubeConfig) {
    this.config = config
    this.#api = PlainObjectApi.makeApiClient(config)
    this.#custom = config.makeApiClient(CustomObjectsApi)
  }

  get server(): string {
    return this.config.getCurrentCluster()?.server ?? 'no server'
  }

  /** All objects of a kind, page by page; `keep` decides at once what stays in memory. */
  async list(
    of: KindOf,
    keep: (manifest: Manifest) => Manifest | undefined = manifest => manifest,
    options: ListOptions = {},
  ): Promise<Listing> {
    const items: Manifest[] = []
    let resourceVersion = ''
    for await (const page of this.pages(of, options)) {
      for (const item of page.items) {
        const kept = keep(item)
        if (kept !== undefined) items.push(kept)
      }
      resourceVersion = page.resourceVersion
    }
    return { items, resourceVersion }
  }

  /** The same one page after the other, for what need not stay in memory. */
  async *pages(
    { apiVersion, kind }: KindOf,
    { namespace, fieldSelector, limit, page: size = PAGE }: ListOptions = {},
  ): AsyncGenerator<Listing> {
    // As in read: there is no such namespace, and nothing in it.
    if (namespace !== undefined && !isPathSegment(namespace)) return
    let next: string | undefined
    do {
      const { metadata, items } = await call(
        async () =>
          (await this.#api.list(
            apiVersion,
            kind,
            namespace,
            undefined,
            undefined,
            undefined,
            fieldSelector,
            undefined,
            limit ?? size,
            next,
          )) as unknown as WrittenList,
      )
      yield {
        items: (items ?? []).map(item => ({ ...item, apiVersion, kind })),
        resourceVersion: metadata.resourceVersion ?? '',
      }
      next = limit === undefined ? metadata.continue || undefined : undefined
    } while (next !== undefined)
  }

  /** Pages of a kind that the cluster may not have. */
  async *pagesOrNone(of: KindOf, options: ListOptions): AsyncGenerator<Listing> {
    try {
      yield* this.pages(of, options)
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) throw error
    }
  }

  /** One object; undefined when it, its namespace or its kind is not there, or no object can have that name. */
  async read({ apiVersion, kind }: KindOf, name: string, namespace?: string): Promise<Manifest | undefined> {
    // Tenants write names; one like ".." would be another path.
    if (!isPathSegment(name) || (namespace !== undefined && !isPathSegment(namespace))) return undefined
    const metadata = { name, ...(namespace !== undefined && { namespace }) }
    return orNone(async () => written(await this.#api.read({ apiVersion, kind, metadata })))
  }

  async create(manifest: Manifest): Promise<Manifest> {
    return written(await call(() => this.#api.create(forClient(manifest))))
  }

  /** With a resourceVersion in its metadata the API server refuses an edit of something older (409). */
  async replace(manifest: Manifest): Promise<Manifest> {
    return written(await call(() => this.#api.replace(forClient(manifest))))
  }

  /** Writes the status of a custom resource without a namespace; `plural` is its name in paths. */
  async replaceStatus(manifest: Manifest, plural: string): Promise<void> {
    const [group = '', version = ''] = manifest.apiVersion.split('/')
    const { name = '' } = manifest.metadata
    if (!isPathSegment(name)) return
    const body = forClient(manifest)
    await call(() => this.#custom.replaceClusterCustomObjectStatus({ group, version, plural, name, body }))
  }

  /**
   * Deletes an object; that it is gone already is no failure. With a resourceVersion in its metadata the API server refuses
   * to delete something newer (409).
   */
  async delete(manifest: Manifest): Promise<void> {
    const { resourceVersion } = manifest.metadata
    const options = typeof resourceVersion === 'string' ? { preconditions: { resourceVersion } } : undefined
    const none = undefined
    await orNone(() => this.#api.delete(forClient(manifest), none, none, none, none, none, options))
  }
}

/** What a request answers; undefined when what it asks for is not there (404), or its kind is not. */
export async function orNone<T>(request: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call(request)
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined
    throw error
  }
}

/** Whether the API server heard what was asked, and said no. */
export function isRefusal(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status >= 400 && error.status < 500
}

async function call<T>(request: () => Promise<T>): Promise<T> {
  try {
    return await request()
  } catch (error) {
    if (error instanceof ApiError) throw error
    const isUnknownKind =
      error instanceof Error && error.message.startsWith('Unrecognized API version and kind')
    const status = error instanceof ApiException ? error.code : isUnknownKind ? 404 : 0
    throw new ApiError(reasonOf(error), status)
  }
}

/** What the API server takes for a name in a path (apimachinery pkg/api/validation/path IsValidPathSegmentName). */
function isPathSegment(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/%]/.test(name)
}

/** The client's types have dates where JSON has texts; it hands texts on as they are. */
function forClient(manifest: Manifest): KubernetesObject {
  return manifest as unknown as KubernetesObject
}

/** One object as the API server wrote it (plain-objects.ts), whatever the client's types say. */
function written(object: KubernetesObject): Manifest {
  return object as unknown as Manifest
}

/** What the API server says is wrong, without the request around it. */
function reasonOf(error: unknown): string {
  if (error instanceof ApiException) {
    const body: unknown = typeof error.body === 'string' ? parseOrText(error.body) : error.body
    return isRecord(body) && typeof body.message === 'string' ? body.message : `HTTP ${error.code}`
  }
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return cause instanceof Error ? cause.message : String(cause)
}

function parseOrText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
