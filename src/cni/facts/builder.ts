import type { Fix } from '../../json/fix.ts'
import type { JsonValue, Path } from '../../json/value.ts'
import { isNested } from './chain.ts'
import type {
  AddressFact,
  DeviceFact,
  FactProblem,
  Facts,
  HostPathFact,
  HostRouteFact,
  MtuFact,
  PodInput,
  RouteFact,
  StoreFact,
  SubnetFact,
  SysctlFact,
  TypeFact,
  Uplink,
} from './facts.ts'

export type Unstated<F> = Omit<F, 'plugin'>

/** Where an extractor puts what it finds. Each instance speaks for one plugin (`plugin`), all share one set of facts. */
export class FactsBuilder {
  /** The chain of types that the facts are attributed to: `flannel > bridge`. */
  readonly plugin: string
  /** The network's name: IPAM plugins name their store after it. */
  readonly networkName: string
  /** What the plugin calls itself within a list: libcni takes the network's name for it, a controller that reads NADs does not. */
  readonly ownName: string | undefined
  readonly #facts: { [K in keyof Facts]: Facts[K][number][] }
  readonly #nested: (body: JsonValue, at: Path, role: TypeFact['role'], by: FactsBuilder) => void

  constructor(
    plugin: string,
    networkName: string,
    nested: (body: JsonValue, at: Path, role: TypeFact['role'], by: FactsBuilder) => void,
    facts: { [K in keyof Facts]: Facts[K][number][] } = emptyFacts(),
    ownName?: string,
  ) {
    this.plugin = plugin
    this.networkName = networkName
    this.ownName = ownName
    this.#nested = nested
    this.#facts = facts
  }

  /** The same facts, spoken for by another plugin: an IPAM plugin or a delegate. */
  speakingFor(plugin: string, ownName = this.ownName): FactsBuilder {
    return new FactsBuilder(plugin, this.networkName, this.#nested, this.#facts, ownName)
  }

  uplink(fact: Unstated<Uplink>): void {
    this.#facts.uplinks.push({ plugin: this.plugin, ...fact })
  }

  device(fact: Unstated<DeviceFact>): void {
    this.#facts.devices.push({ plugin: this.plugin, ...fact })
  }

  route(fact: Unstated<RouteFact>): void {
    this.#facts.routes.push({ plugin: this.plugin, ...fact })
  }

  /** A plugin takes the routes of the interface so far out of the main table; what was added elsewhere stays there. */
  moveRoutes(): void {
    const { routes } = this.#facts
    // A delegate may have an interface of its own.
    if (isNested(this.plugin)) return
    for (const [index, route] of routes.entries())
      if (isOfInterface(route) && isInMain(route)) routes[index] = { ...route, isMoved: true }
  }

  subnet(fact: Unstated<SubnetFact>): void {
    this.#facts.subnets.push({ plugin: this.plugin, ...fact })
  }

  address(fact: Unstated<AddressFact>): void {
    this.#facts.addresses.push({ plugin: this.plugin, ...fact })
  }

  store(fact: Unstated<StoreFact>): void {
    this.#facts.stores.push({ plugin: this.plugin, ...fact })
  }

  /** Paths that the plugin's project writes there itself, or takes by default, are nothing that a tenant chose. */
  hostPath(
    path: string | undefined,
    use: HostPathFact['use'],
    at: Path,
    usual: readonly string[] = [],
  ): void {
    if (path === undefined || path === '' || usual.includes(path)) return
    this.#facts.hostPaths.push({ plugin: this.plugin, path, use, at, usual: usual[0] })
  }

  hostRoute(at: Path, deed: HostRouteFact['deed'] = 'route'): void {
    this.#facts.hostRoutes.push({ plugin: this.plugin, at, deed })
  }

  sysctl(fact: Unstated<SysctlFact>): void {
    this.#facts.sysctls.push({ plugin: this.plugin, ...fact })
  }

  mtu(mtu: number | undefined, at: Path): void {
    if (mtu !== undefined && mtu !== 0)
      this.#facts.mtus.push({ plugin: this.plugin, mtu, at } satisfies MtuFact)
  }

  type(fact: Unstated<TypeFact>): void {
    this.#facts.types.push({ plugin: this.plugin, ...fact })
  }

  /** The types of the plugins before this one in the list of a network; undefined inside of a delegate, which has a list of its own. */
  earlierTypes(): readonly string[] | undefined {
    const outer = this.#facts.types.filter(({ role, plugin }) => role === 'plugin' && !isNested(plugin))
    return isNested(this.plugin) ? undefined : outer.slice(0, -1).map(({ type }) => type)
  }

  podInput(fact: Unstated<PodInput>): void {
    this.#facts.podInputs.push({ plugin: this.plugin, ...fact })
  }

  problem(problem: FactProblem['problem'], at: Path, message: string, fix?: Fix): void {
    this.#facts.problems.push({ plugin: this.plugin, problem, at, message, ...(fix && { fix }) })
  }

  /** Reads a configuration inside this one (a delegate, or `ipam`) with the extractor of its own type. */
  nested(body: JsonValue, at: Path, role: 'ipam' | 'delegate'): void {
    this.#nested(body, at, role, this)
  }

  /** The lists as long as they are: those that grow have room for sixteen more, and a cluster has thousands of networks. */
  build(): Facts {
    const lists = Object.entries(this.#facts).map(([kind, list]) => [kind, list.slice()])
    return Object.fromEntries(lists)
  }
}

/** Of the causes of routes those by which the interface itself is their way. */
function isOfInterface({ cause, effect, installed }: RouteFact): boolean {
  const isOwn = cause === 'ipam-route' || cause === 'default-gateway' || cause === 'connected'
  return isOwn && effect === 'add' && installed === 'always'
}

/** RT_TABLE_UNSPEC and RT_TABLE_MAIN (linux/rtnetlink.h). */
function isInMain({ table }: RouteFact): boolean {
  return table === undefined || table === 0 || table === 254
}

/** What a network says of which nothing can be read. */
export function emptyFacts(): { [K in keyof Facts]: Facts[K][number][] } {
  return {
    uplinks: [],
    devices: [],
    routes: [],
    subnets: [],
    addresses: [],
    stores: [],
    hostPaths: [],
    hostRoutes: [],
    sysctls: [],
    mtus: [],
    types: [],
    podInputs: [],
    problems: [],
  }
}
