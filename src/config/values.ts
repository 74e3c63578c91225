import { z } from 'zod'
import { quote, quoteValue } from '../json/quote.ts'
import type { JsonValue } from '../json/value.ts'
import { DNS_LABEL } from '../net/dns-label.ts'
import { isInterfaceName } from '../net/interface-name.ts'
import { hasHostBits, network, parsePrefix, printPrefix } from '../net/prefix.ts'
import { LAST_VLAN, parseVlanSet } from '../net/vlan-set.ts'

/** The texts that our own documents hold, each read into its value by the parser of src/net. */

const VLAN_RANGE = '(native|[1-9][0-9]{0,3}( *- *[1-9][0-9]{0,3})?)'
/** The form of a list, for schemas; that ranges are no larger than 4094 and not reversed only the parser says. */
const VLAN_LIST = `^ *${VLAN_RANGE}( *, *${VLAN_RANGE})* *$`

const vlanText = z.string().meta({ pattern: VLAN_LIST, maxLength: 20_000 })

const noVlans = (shown: string): string =>
  `${shown} is no list of VLANs: write ids from 1 to 4094 like "100,200-209", or "native"`

export const vlanIds = z
  .union([vlanText, z.int().min(1).max(LAST_VLAN)], {
    error: ({ input }) => noVlans(quoteValue(input as JsonValue)),
  })
  .transform((ids, context) => {
    const set = parseVlanSet(String(ids))
    if (set === undefined) context.addIssue(noVlans(quote(String(ids))))
    return set ?? z.NEVER
  })

export const prefix = z.string().transform((text, context) => {
  const parsed = parsePrefix(text)
  if (parsed === undefined)
    context.addIssue(`${quote(text)} is no subnet: write a prefix like "10.100.0.0/16"`)
  else if (hasHostBits(parsed))
    context.addIssue(
      `${quote(text)} has host bits behind its prefix length: write "${printPrefix(network(parsed))}"`,
    )
  return parsed ?? z.NEVER
})

/** Names of OVN's physical networks, which are no interfaces and may be longer than these. A longer one is taken for nothing else. */
const PHYSICAL_NETWORK = /^[A-Za-z0-9][A-Za-z0-9._-]{15,252}$/

/** A NIC, bond or bridge; also what is no interface name: a PCI address, a device-plugin resource, a physical network of OVN. */
export const masterName = z
  .string()
  // Linux would take such a name; who writes it expects that it stands for others.
  .refine(name => !/[*?]/.test(name), {
    error: issue => `${quote(String(issue.input))} is a pattern: name each host interface`,
    abort: true,
  })
  .refine(
    name =>
      isInterfaceName(name) ||
      /^[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/.test(name) ||
      /^[a-z0-9.-]+\/[A-Za-z0-9._-]+$/.test(name) ||
      PHYSICAL_NETWORK.test(name),
    {
      error: issue =>
        `${quote(String(issue.input))} is no host interface (1 to 15 bytes without "/", ":" or spaces), PCI address ("0000:3b:02.1"), device resource ("intel.com/nic") or physical network of OVN ("localnet-network")`,
    },
  )

export const interfaceName = z.string().refine(isInterfaceName, {
  error: issue =>
    `${quote(String(issue.input))} is no interface name: use 1 to 15 bytes without "/", ":" or spaces`,
})

/** A name of a namespace: an RFC 1123 label. */
export const namespaceName = z.string().regex(DNS_LABEL, {
  error: issue =>
    `${quote(String(issue.input))} is no name: use up to 63 lower case letters, digits and "-", beginning and ending with a letter or digit`,
})

/** A name of a NAD: an RFC 1123 subdomain. */
export const networkName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/, {
    error: issue =>
      `${quote(String(issue.input))} is no name of a network: use lower case letters, digits, "-" and ".", without the namespace`,
  })

/** What happens to the errors of a review: only recorded, shown as warnings, or refused. */
export const enforcement = z.enum(['audit', 'warn', 'deny'])
export type Enforcement = z.infer<typeof enforcement>

/** What one rule does, whatever its own severity. */
const ruleSetting = z.enum(['off', 'warn', 'deny'])
export type RuleSetting = z.infer<typeof ruleSetting>

export const ruleSettings = z.record(z.string(), ruleSetting)
/** What was made of rules, by their ids. */
export type RuleSettings = Readonly<z.infer<typeof ruleSettings>>
