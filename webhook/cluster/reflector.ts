import { type KubeConfig, Watch } from '@kubernetes/client-node'
import { isRecord, type Manifest } from '../../src/kube/manifest.ts'
import { ApiError, type KindOf, type KubeClient } from '../../src/kube-api/client.ts'
import { isAsNew } from '../../src/kube-api/resource-version.ts'
import type { Mirror } from './mirror.ts'

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

export interface Reflector {
  readonly kind: string
  /** Whether there has been a whole list. */
  readonly isSynced: boolean
  /** When the API server was last heard from, by performance.now(): clocks of nodes are set while they run. */
  readonly heardAt: number | undefined
  /** Whether the mirror is as new as this version of one of the objects. */
  hasSeen(resourceVersion: string): boolean
  /** Tries again at once, where a failure made it wait for a second already. */
  hurry(): void
  stop(): void
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
export function startReflector(
  client: KubeClient,
  subject: Subject,
  mirror: Mirror,
  log: Journal,
): Reflector {
  const state = { isSynced: false, heardAt: undefined as number | undefined, version: '', failedAt: 0 }
  let isStopped = false
  let abort: (() => void) | undefined
  let wake: (() => void) | undefined
  const keep = subject.keep ?? (manifest => manifest)
  const sleep = (milliseconds: number): Promise<void> =>
    new Promise(resolve => {
      const timer = setTimeout(resolve, milliseconds)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  const heard = (): void => {
    state.heardAt = performance.now()
  }

  const take = (type: string, manifest: Manifest): void => {
    const { apiVersion, kind } = subject
    const kept = type === 'DELETED' ? undefined : keep({ ...manifest, apiVersion, kind })
    if (kept === undefined) mirror.remove(manifest)
    else mirror.put(kept)
  }

  const follow = async (): Promise<void> => {
    const { namespace, fieldSelector, page } = subject
    const options = { namespace, fieldSelector, page }
    const { items, resourceVersion } = await client.list(subject, keep, options)
    mirror.replace(items)
    state.isSynced = true
    heard()
    state.version = resourceVersion
    const resyncAt = Date.now() + RESYNC_MS * (0.75 + Math.random() / 2)
    while (!isStopped && Date.now() < resyncAt) {
      const since = Date.now()
      let failure: unknown
      const outcome = await watchOnce(client.config, subject, state.version, {
        started: stop => {
          abort = stop
        },
        event: (type, manifest) => {
          heard()
          try {
            if (type !== 'BOOKMARK') take(type, manifest)
            state.version = manifest.metadata.resourceVersion ?? state.version
          } catch (error) {
            // client-node would go on as if nothing were; what was not taken comes again with a new list.
            failure ??= error
            abort?.()
          }
        },
      })
      if (failure !== undefined) throw failure
      if (outcome === 'gone' || isStopped) return
      // One that ends at once is not asked for again and again.
      if (Date.now() - since < BACKOFF_MS) await sleep(BACKOFF_MS)
      // A watch that was silent may have been cut; a look at one object tells whether the API server is there. One whose
      // etcd was restored from a copy counts from where that was made.
      const look = await client.list(subject, () => undefined, { ...options, limit: 1 })
      if (!isAsNew(look.resourceVersion, state.version)) return
      heard()
    }
  }

  const run = async (): Promise<void> => {
    let failures = 0
    while (!isStopped) {
      const since = Date.now()
      try {
        await follow()
        failures = 0
      } catch (error) {
        if (isStopped) return
        // One that went well for a while has nothing to do with those before.
        if (Date.now() - since > MAX_BACKOFF_MS) failures = 0
        const isAbsent = error instanceof ApiError && error.status === 404
        if (isAbsent) {
          mirror.replace([])
          state.isSynced = true
          heard()
        }
        failures++
        state.failedAt = performance.now()
        const backoff = Math.min(BACKOFF_MS * 2 ** failures, MAX_BACKOFF_MS)
        log.warn(
          { err: error, kind: subject.kind, failures },
          'the API server cannot be followed; it is tried again',
        )
        await sleep(isAbsent ? ABSENT_MS : backoff * (0.5 + Math.random() / 2))
      }
    }
  }
  void run()

  return {
    kind: subject.kind,
    get isSynced() {
      return state.isSynced
    },
    get heardAt() {
      return state.heardAt
    },
    hasSeen: resourceVersion => isAsNew(state.version, resourceVersion),
    hurry: () => {
      if (performance.now() - state.failedAt > HURRY_MS) wake?.()
    },
    stop: () => {
      isStopped = true
      abort?.()
      wake?.()
    },
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
