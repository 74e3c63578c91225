import { CniError } from '../src/cni/errors.ts'
import { inOtherNamespace, overwriteText, readText } from './libc.ts'

/**
 * What interfaces begin with that are made in a network namespace, or come into it: whether a router that announces itself
 * (RFC 4861 section 4.2) gives them a default route. Linux Documentation/networking/ip-sysctl.rst.
 */
const SETTING = '/proc/sys/net/ipv6/conf/default/accept_ra_defrtr'

/**
 * Runs a plugin whose interface in the pod takes no default route from routers of the VLAN: no configuration and no result
 * would show one. Addresses are still taken from them. Other interfaces of the pod are left as they are. The setting stays for
 * those that come later: Linux takes an interface's IPv6 settings away below an MTU of 1280, and makes them anew from this one.
 * @param netns The pod's network namespace; one that is not there is the plugin's to complain of.
 */
export function withoutAnnouncedDefaultRoute<T>(netns: string, run: () => T): T {
  inOtherNamespace(netns, () => replaceSetting('0'))
  return run()
}

/** Runs a plugin whose interface may take one, in a pod where others may not. */
export function withAnnouncedDefaultRoute<T>(netns: string, run: () => T): T {
  const before = inOtherNamespace(netns, () => replaceSetting('1'))
  try {
    return run()
  } finally {
    if (before !== undefined) inOtherNamespace(netns, () => replaceSetting(before))
  }
}

/** Returns what was there; undefined where nothing is to be put back: a kernel without IPv6, or the same value. */
function replaceSetting(value: string): string | undefined {
  const before = readText(SETTING)?.trim()
  if (before === undefined || before === value) return undefined
  if (!overwriteText(SETTING, `${value}\n`))
    throw new CniError(
      'io',
      'routers of the VLAN cannot be kept from giving the pod a default route',
      `${SETTING} of its network namespace cannot be written`,
    )
  return before
}
