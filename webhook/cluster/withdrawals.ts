import { setImmediate } from 'node:timers/promises'
import { readTenant } from '../../src/config/tenant.ts'
import { type KubeClient, orNone } from '../../src/kube-api/client.ts'
import { KINDS } from '../../src/kube-api/kinds.ts'
import { CONFIG_MAP, HELD_MAP, readOrCreate, textsOf } from '../../src/kube-api/objects.ts'
import { ALL_VLANS } from '../../src/net/vlan-set.ts'
import { describeSegments } from '../../src/policy/describe.ts'
import { revocationsOf } from '../../src/policy/grants.ts'
import type { Inventory } from '../../src/policy/inventory.ts'
import { publishRevocations } from '../../src/store/key-objects.ts'
import {
  holdingOf,
  type Loss,
  lossOf,
  NOTHING,
  parseHoldings,
  printHoldings,
  type TenantHolding,
  type TenantHoldings,
  withLoss,
} from './holdings.ts'
import type { Journal } from './reflector.ts'

/** Where the ConfigMap has it, so that nothing is missed while no replica runs. */
const HELD = 'held.json'

/**
 * A Tenant that is deleted and made again (`kubectl replace --force`) has lost nothing. Longer than a replica signs without
 * a word of the API server (OUTDATED_SECONDS of current.ts), so that what it signs meanwhile is revoked as well.
 */
const GRACE_MS = 60_000

/**
 * Revokes the claims for what a Tenant no longer grants, by whatever means it was changed: claims do not expire, and
 * whoever keeps Tenants in Git never runs `socni-ctl revoke`. One replica does so for all.
 */
export class Withdrawals {
  readonly #client: KubeClient
  readonly #inventory: Inventory
  readonly #clock: () => Date
  readonly #log: Journal
  /** What tenants have lost, and since when; not forgotten before it is revoked or there again. */
  #pending = new Map<string, { readonly loss: string; readonly since: number }>()
  #revision = -1

  constructor(client: KubeClient, inventory: Inventory, clock: () => Date, log: Journal) {
    this.#client = client
    this.#inventory = inventory
    this.#clock = clock
    this.#log = log
  }

  /** Looks at what changed, and at what is not settled yet. */
  async look(): Promise<void> {
    const { revision } = this.#inventory
    if (revision === this.#revision && this.#pending.size === 0) return
    const listing = await orNone(() => this.#client.list(KINDS.tenant))
    // Without the definition nobody has anything, and nobody took it from them.
    if (listing === undefined) return
    const map = await readOrCreate(this.#client, CONFIG_MAP, HELD_MAP, () => ({ data: {} }))
    const known = parseHoldings(textsOf(map)[HELD] ?? '{}')
    if (known === undefined)
      this.#log.warn(
        {},
        `ConfigMap ${HELD_MAP} cannot be read: what Tenants have is noted anew, and no loss known`,
      )
    const before = known ?? new Map<string, TenantHolding>()
    const now = new Map<string, TenantHolding>()
    for (const manifest of listing.items) {
      // Reviews go first.
      await setImmediate()
      const { name = '' } = manifest.metadata
      const reading = readTenant(manifest)
      // One that cannot be read may say anything; what it said before is no loss.
      now.set(name, reading.ok ? holdingOf(reading.value, this.#inventory) : (before.get(name) ?? NOTHING))
    }
    const after = await this.#settle(before, now)
    const text = printHoldings(after)
    if (textsOf(map)[HELD] !== text)
      await this.#client.replace({ ...map, data: { ...textsOf(map), [HELD]: text } })
    this.#revision = revision
  }

  /** Revokes what has been lost for long enough; returns what counts as held from now on. */
  async #settle(before: TenantHoldings, now: TenantHoldings): Promise<TenantHoldings> {
    const [time, after] = [this.#clock().getTime(), new Map(now)]
    const pending = new Map<string, { readonly loss: string; readonly since: number }>()
    const due: [string, Loss][] = []
    for (const [tenant, held] of before) {
      const rest = now.get(tenant) ?? NOTHING
      const loss = lossOf(held, rest, name => this.#inventory.hasNamespace(name))
      if (loss.namespaces.length + loss.segments.length === 0) continue
      const shown = `${describeSegments(loss.segments)}; ${loss.namespaces.join()}`
      const earlier = this.#pending.get(tenant)
      const since = earlier?.loss === shown ? earlier.since : time
      if (time - since >= GRACE_MS) due.push([tenant, loss])
      else {
        pending.set(tenant, { loss: shown, since })
        after.set(tenant, withLoss(rest, loss))
      }
    }
    await this.#revoke(due, Math.floor(time / 1000) + 1)
    this.#pending = pending
    return after
  }

  async #revoke(due: readonly [string, Loss][], notBefore: number): Promise<void> {
    if (due.length === 0) return
    const revocations = due.flatMap(([tenant, { segments, namespaces }]) => [
      ...revocationsOf(tenant, segments, this.#inventory.cluster),
      ...namespaces.map(namespace => ({ tenant, namespace, vlans: ALL_VLANS })),
    ])
    await publishRevocations(
      this.#client,
      revocations.map(revocation => ({ ...revocation, notBefore })),
    )
    for (const [tenant, { segments, namespaces }] of due)
      this.#log.info(
        { tenant, lost: describeSegments(segments), namespaces },
        'what the Tenant had no longer counts: its claims are revoked',
      )
  }
}
