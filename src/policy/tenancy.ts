import type { LabelSelector, Tenant } from '../config/tenant.ts'

/** Which tenants claim a namespace, by name or by its labels; indexed so that the number of tenants costs nothing. */
export class Tenancy {
  readonly #tenants = new Map<string, Tenant>()
  readonly #byNamespace = new SetMap<Tenant>()
  /** Tenants with a selector, under one of the label pairs that it demands; under '' when it demands none. */
  readonly #bySelector = new SetMap<Tenant>()
  readonly #labels = new Map<string, Readonly<Record<string, string>>>()

  get(name: string): Tenant | undefined {
    return this.#tenants.get(name)
  }

  tenants(): Iterable<Tenant> {
    return this.#tenants.values()
  }

  put(tenant: Tenant): void {
    this.remove(tenant.name)
    this.#tenants.set(tenant.name, tenant)
    for (const namespace of tenant.namespaces) this.#byNamespace.add(namespace, tenant)
    if (tenant.namespaceSelector) this.#bySelector.add(selectorKey(tenant.namespaceSelector), tenant)
  }

  remove(name: string): void {
    const tenant = this.#tenants.get(name)
    if (tenant === undefined) return
    this.#tenants.delete(name)
    for (const namespace of tenant.namespaces) this.#byNamespace.delete(namespace, tenant)
    if (tenant.namespaceSelector) this.#bySelector.delete(selectorKey(tenant.namespaceSelector), tenant)
  }

  putNamespace(name: string, labels: Readonly<Record<string, string>>): void {
    this.#labels.set(name, labels)
  }

  hasNamespace(name: string): boolean {
    return this.#labels.has(name)
  }

  removeNamespace(name: string): void {
    this.#labels.delete(name)
  }

  /** Namespaces of the tenant, by name or by labels, that others claim as well. Looks at every known namespace. */
  contestedBy(tenant: Tenant): { namespace: string; tenant: Tenant }[] {
    return this.namespacesOf(tenant).flatMap(namespace => {
      const others = this.claimants(namespace).filter(other => other.name !== tenant.name)
      return others.map(other => ({ namespace, tenant: other }))
    })
  }

  /** Namespaces that a tenant claims by name, and those that are there that it claims by their labels. */
  namespacesOf({ namespaces, namespaceSelector: selector }: Tenant): string[] {
    const selected =
      selector === undefined
        ? []
        : [...this.#labels].filter(([name, labels]) => matchesSelector(withNameLabel(name, labels), selector))
    return [...new Set([...namespaces, ...selected.map(([name]) => name)])].sort()
  }

  /**
   * Every tenant that claims the namespace, with its known labels or with other ones, by name: all replicas say the same.
   * More than one is a conflict, in which nobody holds it.
   */
  claimants(namespace: string, otherLabels = this.#labels.get(namespace)): Tenant[] {
    const labels = withNameLabel(namespace, otherLabels)
    const keys = ['', ...Object.entries(labels).map(([key, value]) => `${key}=${value}`)]
    const selected = keys
      .flatMap(key => [...this.#bySelector.get(key)])
      .filter(tenant => tenant.namespaceSelector && matchesSelector(labels, tenant.namespaceSelector))
    const claimants = [...new Set([...this.#byNamespace.get(namespace), ...selected])]
    return claimants.length < 2 ? claimants : claimants.sort((a, b) => (a.name < b.name ? -1 : 1))
  }
}

/** Kubernetes label selector semantics: all labels and all expressions must hold (apimachinery labels.Selector). */
export function matchesSelector(labels: Readonly<Record<string, string>>, selector: LabelSelector): boolean {
  const labelOf = (key: string): string | undefined => (Object.hasOwn(labels, key) ? labels[key] : undefined)
  return (
    Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labelOf(key) === value) &&
    (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
      const value = labelOf(key)
      if (operator === 'Exists') return value !== undefined
      if (operator === 'DoesNotExist') return value === undefined
      const isListed = value !== undefined && values.includes(value)
      return operator === 'In' ? isListed : !isListed
    })
  )
}

/** The API server puts this label on every namespace (since 1.22); files need not write it. */
function withNameLabel(name: string, labels: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { ...labels, 'kubernetes.io/metadata.name': name }
}

function selectorKey({ matchLabels }: LabelSelector): string {
  const [pair] = Object.entries(matchLabels ?? {})
  return pair === undefined ? '' : `${pair[0]}=${pair[1]}`
}

/** Several values under one key; a key without values is gone. */
export class SetMap<T> {
  readonly #sets = new Map<string, Set<T>>()

  get(key: string): ReadonlySet<T> {
    return this.#sets.get(key) ?? new Set()
  }

  add(key: string, value: T): void {
    const set = this.#sets.get(key)
    if (set === undefined) this.#sets.set(key, new Set([value]))
    else set.add(value)
  }

  delete(key: string, value: T): void {
    const set = this.#sets.get(key)
    set?.delete(value)
    if (set?.size === 0) this.#sets.delete(key)
  }
}
