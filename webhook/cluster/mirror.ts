import type { Manifest } from '../../src/kube/manifest.ts'

/** What becomes of the objects that a reflector follows. */
export interface Mirror {
  /** Everything there is: what is not in the list is gone. */
  replace(manifests: readonly Manifest[]): void
  put(manifest: Manifest): void
  remove(manifest: Manifest): void
}

interface Known {
  readonly name: string
  readonly namespace: string
  readonly version: string | undefined
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
  const known = new Map<string, Known>()
  const take = (manifest: Manifest): void => {
    try {
      put(manifest)
      known.set(keyOf(manifest), identityOf(manifest))
    } catch (error) {
      known.delete(keyOf(manifest))
      const { name, namespace } = identityOf(manifest)
      remove(name, namespace)
      failed(manifest, error)
    }
  }
  return {
    replace: manifests => {
      const listed = new Set(manifests.map(keyOf))
      for (const [key, { name, namespace }] of known) {
        if (listed.has(key)) continue
        known.delete(key)
        remove(name, namespace)
      }
      for (const manifest of manifests) {
        const { resourceVersion } = manifest.metadata
        if (resourceVersion === undefined || known.get(keyOf(manifest))?.version !== resourceVersion)
          take(manifest)
      }
    },
    put: take,
    remove: manifest => {
      known.delete(keyOf(manifest))
      const { name, namespace } = identityOf(manifest)
      remove(name, namespace)
    },
  }
}

function identityOf({ metadata: { name = '', namespace = '', resourceVersion } }: Manifest): Known {
  return { name, namespace, version: resourceVersion }
}

function keyOf({ metadata: { name = '', namespace = '' } }: Manifest): string {
  return `${namespace}/${name}`
}
