import { describe, expect, it } from 'vitest'
import { judge } from '../../src/policy/judge.ts'
import { allRules } from '../../src/policy/rules/index.ts'
import { exampleInventory } from '../example-inventory.ts'

describe.each(allRules.map(rule => [rule.id, rule] as const))('%s', (id, rule) => {
  it('finds nothing in its good example, and neither does any other rule', () => {
    expect(judge(rule.good.manifest, exampleInventory(...(rule.good.given ?? [])))).toEqual([])
  })

  it('is the only rule that its bad example breaks', () => {
    const findings = judge(rule.bad.manifest, exampleInventory(...(rule.bad.given ?? [])))
    expect(findings.length).toBeGreaterThan(0)
    expect(new Set(findings.map(finding => finding.rule)), JSON.stringify(findings, null, 1)).toEqual(
      new Set([id]),
    )
  })

  it('says the same title, and a detail that is not the title', () => {
    const findings = judge(rule.bad.manifest, exampleInventory(...(rule.bad.given ?? [])))
    expect(findings.map(finding => finding.title)).toEqual(findings.map(() => rule.title))
    expect(findings.map(finding => finding.message)).not.toContain(rule.title)
  })
})

describe('the rules', () => {
  it('have ids of their own', () => {
    expect(new Set(allRules.map(rule => rule.id)).size).toBe(allRules.length)
  })
})
