import { type KubeConfig, Watch } from '@kubernetes/client-node'
import { isRecord, type Manifest } from '../../src/kube/manifest.ts'
import { ApiError, type KindOf, type KubeClient, type ListOptions } from '../../src/kube-api/client.ts'
import { isAsNew } from '../../src/kube-api/resource-version.ts'
import type { Mirror, WholeList } from './mirror.ts'

/** Where a reflector writes what it does; pino's log is one. */
export interface Journal {
  info(fields: object, text: string): void
  warn(fields: object, text: string): void
  error(fields: object, text: string): void
}

/** Which objects are followed. */
export interface Subject extends KindOf {
  /** Path of the collection: `/apis/socni.dev/v1alpha1/tenants`. */
  readonly path: string
  readonly namespace?: string
  readonly fieldSelector?: string
  readonly page?: number
  /** What of an object is kept; without it all. Undefined: the mirror is to know nothing of it. */
  readonly keep?: (manifest: Manifest) => Manifest | undefined
}

/** First wait after a failure, and the longest, in milliseconds; each is cut by up to a half, so that replicas part. */
const BACKOFF_MS = 500
const MAX_BACKOFF_MS = 30_000
/** However many are in a hurry, there is one attempt a second: they may be many on purpose. */
const HURRY_MS = 1_000
/** A new list now and then heals what a watch may have lost. */
const RESYNC_MS = 10 * 60_000
/** A kind whose definition is missing has no objects; it is looked for again so often. */
const ABSENT_MS = 10_000

/**
 * Follows the objects of a kind: a list, then a watch from where it ended, on from there when it ends or breaks, and again
 * from the list when the API server has forgotten that (410) or cannot be asked. client-node's own informer stops for good at the first error of a watch, and
 * lists without pages (docs/operations.md, "In a cluster").
 */
export class Reflector {
  readonly #client: KubeClient
  readonly #subject: Subject
  readonly #mirror: Mirror
  readonly #log: Journal
  #isSynced = false
  #heardAt: number | undefined
  /** How far the mirror is, as the API server counts. */
  #version = ''
  #failedAt = 0
  #isStopped = false
  #abort: (() => void) | undefined
  #wake: (() => void) | undefined

  constructor(client: KubeClient, subject: Subject, mirror: Mirror, log: Journal) {
    this.#client = client
    this.#subject = subject
    this.#mirror = mirror
    this.#log = log
  }

  get kind(): string {
    return this.#subject.kind
  }

  /** Whether there has been a whole list. */
  get isSynced(): boolean {
    return this.#isSynced
  }

  /** When the API server was last heard from, by performance.now(): clocks of nodes are set while they run. */
  get heardAt(): number | undefined {
    return this.#heardAt
  }

  /** Whether the mirror is as new as this version of one of the objects. */
  hasSeen(resourceVersion: string): boolean {
    return isAsNew(this.#version, resourceVersion)
  }

  start(): void {
    void this.#run()
  }

  /** Tries again at once, where a failure made it wait for a second already. */
  hurry(): void {
    if (performance.now() - this.#failedAt > HURRY_MS) this.#wake?.()
  }

  stop(): void {
    this.#isStopped = true
    this.#abort?.()
    this.#wake?.()
  }

  /** Follows until it is stopped, and rests after each failure for longer than after the one before. */
  async #run(): Promise<void> {
    let failures = 0
    while (!this.#isStopped) {
      const since = Date.now()
      try {
        await this.#follow()
        failures = 0
      } catch (error) {
        if (this.#isStopped) return
        // One that went well for a while has nothing to do with those before.
        if (Date.now() - since > MAX_BACKOFF_MS) failures = 0
        failures++
        this.#failedAt = performance.now()
        this.#log.warn(
          { err: error, kind: this.kind, failures },
          'the API server cannot be followed; it is tried again',
        )
        const isAbsent = error instanceof ApiError && error.status === 404
        if (isAbsent) await this.#takeAll([])
        const backoff = Math.min(BACKOFF_MS * 2 ** failures, MAX_BACKOFF_MS)
        await this.#sleep(isAbsent ? ABSENT_MS : backoff * (0.5 + Math.random() / 2))
      }
    }
  }

  /** One list, and watches from there for as long as they lead on. Throws what the API server answers in their place. */
  async #follow(): Promise<void> {
    const { namespace, fieldSelector, page, keep = (manifest: Manifest) => manifest } = this.#subject
    const options = { namespace, fieldSelector, page }
    await this.#list(keep, options)
    const resyncAt = Date.now() + RESYNC_MS * (0.75 + Math.random() / 2)
    while (!this.#isStopped && Date.now() < resyncAt) {
      const since = Date.now()
      const outcome = await this.#watch(keep)
      if (outcome === 'gone' || this.#isStopped) return
      // One that ends at once is not asked for again and again.
      if (Date.now() - since < BACKOFF_MS) await this.#sleep(BACKOFF_MS)
      // A watch that was silent may have been cut; a look at one object tells whether the API server is there. One whose
      // etcd was restored from a copy counts from where that was made.
      const look = await this.#client.list(this.#subject, () => undefined, { ...options, limit: 1 })
      if (!isAsNew(look.resourceVersion, this.#version)) return
      this.#heardAt = performance.now()
    }
  }

  /** Page by page into the mirror: a large cluster never is in memory as a list. */
  async #list(keep: (manifest: Manifest) => Manifest | undefined, options: ListOptions): Promise<void> {
    const pages = this.#client.pages(this.#subject, options)
    let version = ''
    const kept = async function* (): AsyncGenerator<Manifest> {
      for await (const { items, resourceVersion } of pages) {
        version = resourceVersion
        yield* items.map(keep).filter(manifest => manifest !== undefined)
      }
    }
    await this.#takeAll(kept())
    this.#version = version
  }

  async #watch(keep: (manifest: Manifest) => Manifest | undefined): Promise<'ended' | 'gone'> {
    let failure: unknown
    const outcome = await watchOnce(this.#client.config, this.#subject, this.#version, {
      started: stop => {
        this.#abort = stop
      },
      event: (type, manifest) => {
        this.#heardAt = performance.now()
        try {
          if (type !== 'BOOKMARK') this.#take(type, manifest, keep)
          this.#version = manifest.metadata.resourceVersion ?? this.#version
        } catch (error) {
          // client-node would go on as if nothing were; what was not taken comes again with a new list.
          failure ??= error
          this.#abort?.()
        }
      },
    })
    if (failure !== undefined) throw failure
    return outcome
  }

  async #takeAll(manifests: WholeList): Promise<void> {
    await this.#mirror.replace(manifests)
    this.#isSynced = true
    this.#heardAt = performance.now()
  }

  #take(type: string, manifest: Manifest, keep: (manifest: Manifest) => Manifest | undefined): void {
    const { apiVersion, kind } = this.#subject
    const kept = type === 'DELETED' ? undefined : keep({ ...manifest, apiVersion, kind })
    if (kept === undefined) this.#mirror.remove(manifest)
    else this.#mirror.put(kept)
  }

  #sleep(milliseconds: number): Promise<void> {
    return new Promise(resolve => {
      const timer = setTimeout(resolve, milliseconds)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

interface Listener {
  started(stop: () => void): void
  event(type: string, manifest: Manifest): void
}

/**
 * One watch, until the API server ends it, client-node's own limit of thirty silent seconds, or a broken connection.
 * Throws what the API server answers in its place.
 */
async function watchOnce(
  config: KubeConfig,
  { path, fieldSelector }: Subject,
  resourceVersion: string,
  listener: Listener,
): Promise<'ended' | 'gone'> {
  const watch = new Watch(config)
  const query = {
    resourceVersion,
    allowWatchBookmarks: true,
    timeoutSeconds: 240 + Math.floor(Math.random() * 120),
    ...(fieldSelector !== undefined && { fieldSelector }),
  }
  return new Promise((resolve, reject) => {
    let isGone = false
    watch
      .watch(
        path,
        query,
        (type: string, object: unknown) => {
          if (type === 'ERROR') isGone = true
          else if (isRecord(object) && isRecord(object.metadata))
            listener.event(type, object as unknown as Manifest)
        },
        (error: unknown) => {
          // An ERROR event is 410 nearly always, and a new list is right for the others too.
          if (isGone || statusOf(error) === 410) resolve('gone')
          else if (statusOf(error) === undefined) resolve('ended')
          else reject(error)
        },
      )
      .then(controller => listener.started(() => controller.abort()), reject)
  })
}

function statusOf(error: unknown): unknown {
  return error instanceof Error && 'statusCode' in error ? error.statusCode : undefined
}
