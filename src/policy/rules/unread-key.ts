import { attachment, macvlanConfig } from '../example.ts'
import type { Rule } from '../rule.ts'

export const unreadKey: Rule<'attachment'> = {
  id: 'unread-key',
  title: 'The plugin does not read this key',
  severity: 'warning',
  why: 'Plugins ignore keys they do not know, so the network has no addresses, or others than were meant, and nobody says a word.',
  source: 'Go encoding/json: unknown keys are ignored; the keys of each type are those of its structs',
  good: { manifest: attachment(macvlanConfig()) },
  bad: { manifest: attachment({ ...macvlanConfig(), mode: undefined, mdoe: 'bridge' }) },

  *check({ attachment: { facts } }) {
    for (const { problem, at, message } of facts?.problems ?? []) {
      if (problem === 'unread-key') yield { inside: at, message }
    }
  },
}
