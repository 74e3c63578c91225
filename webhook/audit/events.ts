import { isRefusal, type KubeClient } from '../../src/kube-api/client.ts'
import type { Standing } from './standing.ts'

/** A cluster that breaks many rules at once is told of the first ones; the reports have them all. */
const MAX_EVENTS = 100
/** Where Events on objects without a namespace are kept (client-go tools/record). */
const DEFAULT_NAMESPACE = 'default'
/** Longest message of an Event (kubernetes pkg/apis/core/validation/events.go). */
const MAX_MESSAGE = 1024

/** Tells of findings that were not there before, once each, as Events on their objects. */
export class EventWriter {
  readonly #client: KubeClient
  #told = new Set<string>()

  constructor(client: KubeClient) {
    this.#client = client
  }

  /** Returns how many Events were written, and how many findings were too many for that. */
  async tell(standings: readonly Standing[], now: Date): Promise<{ written: number; left: number }> {
    const fresh = standings.filter(standing => !this.#told.has(keyOf(standing)))
    const chosen = fresh.slice(0, MAX_EVENTS)
    let written = 0
    for (const standing of chosen) {
      try {
        await this.#client.create(eventOf(standing, now))
        written++
      } catch (error) {
        // A namespace that is about to go takes no Events.
        if (!isRefusal(error)) throw error
      }
    }
    // What is gone may come again, and is told of again then.
    this.#told = new Set(standings.map(keyOf))
    return { written, left: fresh.length - written }
  }
}

function keyOf({ object, finding }: Standing): string {
  return JSON.stringify([object.uid ?? object.name, finding.rule, finding.message])
}

/** core/v1 Event. */
function eventOf({ object, finding }: Standing, now: Date) {
  const namespace = object.namespace ?? DEFAULT_NAMESPACE
  const time = now.toISOString().replace(/\.\d+Z$/, 'Z')
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { generateName: 'socni-', namespace },
    involvedObject: object,
    reason: 'PolicyViolation',
    message: `${finding.title}: ${finding.message} [${finding.rule}]`.slice(0, MAX_MESSAGE),
    type: 'Warning',
    source: { component: 'socni-webhook' },
    reportingComponent: 'socni.dev/webhook',
    reportingInstance: '',
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
  }
}
