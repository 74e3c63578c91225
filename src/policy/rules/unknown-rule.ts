import { quote } from '../../json/quote.ts'
import { tenant } from '../example.ts'
import type { Rule } from '../rule.ts'

const retail = (rules: Record<string, string>) =>
  tenant('retail', { namespaces: ['retail'], vlans: [{ ids: 500, masters: ['eth0'] }], rules })

export const unknownRule: Rule<'settings'> = {
  id: 'unknown-rule',
  title: 'A setting is for a rule that does not exist',
  severity: 'warning',
  why: 'It changes nothing: the rule that was meant stays as strict, or as lax, as it was.',
  source: 'docs/rules/README.md',
  good: { manifest: retail({ 'default-route': 'warn' }) },
  bad: { manifest: retail({ 'default-routes': 'warn' }) },

  *check({ unknownRules }) {
    for (const { id, at, near } of unknownRules) {
      const meant = near === undefined ? '' : `did you mean ${quote(near)}? `
      yield { at, message: `${quote(id)} is no rule: ${meant}socni-ctl rules lists them` }
    }
  },
}
