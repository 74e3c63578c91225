import type { Manifest } from '../../src/kube/manifest.ts'

/** A whole list, at once or as its pages come. */
export type WholeList = Iterable<Manifest> | AsyncIterable<Manifest>

/** What becomes of the objects that a reflector follows. */
export interface Mirror {
  /** Everything there is: what is not in the list is gone. A list that breaks off removes nothing, and rejects. */
  replace(manifests: WholeList): Promise<void>
  put(manifest: Manifest): void
  remove(manifest: Manifest): void
}

/**
 * Puts and removes one by one. A new list removes what it does not hold, and puts only what is of another version than
 * before: to read ten thousand networks anew would keep reviews waiting, every ten minutes. What cannot be put keeps
 * nothing else waiting: it is taken out, as if it were not there, and tried again with the next list.
 */
export function mirrorOf(
  put: (manifest: Manifest) => void,
  remove: (name: string, namespace: string) => void,
  failed: (manifest: Manifest, error: unknown) => void,
): Mirror {
  /** By namespace and name, the version that was put. */
  const known = new Map<string, string | undefined>()
  const take = (manifest: Manifest): void => {
    try {
      put(manifest)
      known.set(keyOf(manifest), manifest.metadata.resourceVersion)
    } catch (error) {
      forget(keyOf(manifest))
      failed(manifest, error)
    }
  }
  const forget = (key: string): void => {
    known.delete(key)
    const [namespace = '', name = ''] = key.split('/')
    remove(name, namespace)
  }
  return {
    replace: async manifests => {
      const listed = new Set<string>()
      for await (const manifest of manifests) {
        const key = keyOf(manifest)
        const { resourceVersion } = manifest.metadata
        listed.add(key)
        if (resourceVersion === undefined || known.get(key) !== resourceVersion) take(manifest)
      }
      for (const key of known.keys()) if (!listed.has(key)) forget(key)
    },
    put: take,
    remove: manifest => forget(keyOf(manifest)),
  }
}

/** Names of Kubernetes objects hold no `/`. */
function keyOf({ metadata: { name = '', namespace = '' } }: Manifest): string {
  return `${namespace}/${name}`
}
