import { describe, expect, it } from 'vitest'
import type { AdmissionRequest, AdmissionResponse } from '../../src/kube/admission.ts'
import { attachment, exampleWorld, macvlanConfig, pod } from '../../src/policy/example.ts'
import { requestFor } from '../../src/review/request.ts'
import { decisionLog } from '../../webhook/decision-log.ts'
import { createLog } from '../../webhook/log.ts'
import { startWebhook } from '../webhook-under-test.ts'

/** A log of decisions whose lines are kept, and whose minutes pass when they are told to. */
function follow() {
  const lines: object[] = []
  let time = 0
  const write = decisionLog({ info: (fields, text) => lines.push({ ...fields, text }) }, () => time)
  const pass = (milliseconds: number): void => {
    time += milliseconds
  }
  return { write, pass, heard: () => lines.splice(0) }
}

const refused: AdmissionResponse = {
  uid: 'u',
  allowed: false,
  status: { status: 'Failure', code: 403, reason: 'Forbidden', message: 'secret words' },
  auditAnnotations: { denied: 'vlan-not-granted,host-path' },
}
const audited: AdmissionResponse = { uid: 'u', allowed: true, auditAnnotations: { audited: 'host-path' } }
const of = (namespace: string, change: Partial<AdmissionRequest> = {}) =>
  requestFor(attachment(macvlanConfig(), { name: 'ledger', namespace }), change)

describe('the log of decisions', () => {
  it('says what was refused to whom and by which rules, in names alone', () => {
    const { write, heard } = follow()
    const about = { operation: 'CREATE', kind: 'NetworkAttachmentDefinition', namespace: 'finance' }
    const named = { ...about, name: 'ledger', user: 'alice' }
    write(of('finance'), refused)
    write(of('finance'), audited)
    expect(heard()).toEqual([
      { rules: 'vlan-not-granted,host-path', ...named, text: 'a request is refused' },
      { rules: 'host-path', ...named, text: 'a request is audited, and would be refused' },
    ])
    write(of('finance', { userInfo: { username: `a\u001b[2J${'a'.repeat(1000)}` } }), refused)
    expect(heard()).toEqual([
      expect.objectContaining({ user: expect.stringMatching(/^a\ufffd\[2Ja{295}…$/) }),
    ])
  })

  it('names a pod whose name is yet to be made, and says why where no rule was asked', () => {
    const { write, heard } = follow()
    const { name: _, ...metadata } = pod('storage').metadata
    const made = { ...pod('storage'), metadata: { ...metadata, generateName: 'teller-' } }
    const status = { status: 'Failure' as const, code: 503, reason: 'ServiceUnavailable', message: '…' }
    write(requestFor(made), { uid: 'u', allowed: false, status })
    expect(heard()).toMatchObject([{ name: 'teller-', rules: 'ServiceUnavailable' }])
  })

  it('is silent about what is taken, and about dry runs', () => {
    const { write, heard } = follow()
    write(of('finance'), { uid: 'u', allowed: true })
    write(of('finance'), { uid: 'u', allowed: true, auditAnnotations: { warned: 'mtu-too-large' } })
    write(of('finance', { dryRun: true }), refused)
    expect(heard()).toEqual([])
  })

  it('has so many lines a minute of one namespace, and counts the others', () => {
    const { write, pass, heard } = follow()
    for (let index = 0; index < 500; index++) write(of('finance'), refused)
    expect(heard()).toHaveLength(20)
    write(of('logistics'), refused)
    expect(heard()).toMatchObject([{ namespace: 'logistics', leftOut: 480 }])
    pass(60_000)
    write(of('finance'), refused)
    expect(heard()).toMatchObject([{ namespace: 'finance' }])
    for (let index = 0; index < 500; index++) write(of(`ns-${index}`), refused)
    expect(heard()).toHaveLength(199)
  })

  it('is written by the webhook', async () => {
    const lines: string[] = []
    const log = createLog('info', { write: line => void lines.push(line) })
    await using webhook = await startWebhook(exampleWorld, undefined, log)
    await webhook.apiServer.create(pod('logistics/fleet'), 'finance')
    await webhook.apiServer.create(pod('storage'), 'finance')
    const said = lines.map(line => JSON.parse(line)).filter(({ rules }) => rules !== undefined)
    expect(said).toMatchObject([{ rules: 'foreign-attachment', kind: 'Pod', name: 'teller', user: 'alice' }])
  })
})
