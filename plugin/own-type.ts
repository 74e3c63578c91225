import { CniError } from '../src/cni/errors.ts'
import { GUARD_TYPE, GUARDED_PLUGINS } from '../src/cni/guarded.ts'
import { RUNTIME_KEYS } from '../src/cni/spec.ts'
import { isObject, type JsonObject, type JsonValue } from '../src/json/value.ts'
import { isInterfaceName } from '../src/net/interface-name.ts'
import { nameOf, type SubInterface } from './sub-interface.ts'

/** What runs in the end, once the claim holds. */
export interface Delegation {
  /** The real plugin; undefined: none, the guard stands behind another plugin and hands its result on. */
  readonly type: string | undefined
  readonly body: JsonObject
  /** The sub-interface that has to be there before. */
  readonly shared: SubInterface | undefined
}

/** What the program that is called by this name delegates to. Throws a CniError (7) for what it cannot be. */
export function delegationOf(calledAs: string, body: JsonObject): Delegation {
  if (calledAs !== GUARD_TYPE) return { type: calledAs, body: translate(body, calledAs), shared: undefined }
  // null is as good as not written, in Go and for the facts that were judged.
  const written = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null))
  const { delegate, vlan, master } = written
  if (delegate !== undefined) return nestedDelegation(delegate, written)
  if (vlan === undefined && master === undefined) return { type: undefined, body, shared: undefined }
  return sharedDelegation(written)
}

function nestedDelegation(delegate: JsonObject[string], body: JsonObject): Delegation {
  if (!isObject(delegate) || body.vlan !== undefined || body.master !== undefined)
    throw new CniError('configuration', 'write either "delegate", an object, or "vlan" and "master"')
  const { type } = delegate
  // Also what keeps a type from being a path.
  if (typeof type !== 'string' || !GUARDED_PLUGINS.includes(type))
    throw new CniError(
      'configuration',
      `the delegate's type is none of ${GUARDED_PLUGINS.join(', ')}`,
      JSON.stringify(type ?? ''),
    )
  const authored = Object.entries(delegate).filter(([key]) => !RUNTIME_KEYS.has(key))
  const inner = { ...Object.fromEntries(authored), ...given(body) }
  return { type, body: translate(inner, type), shared: undefined }
}

/** macvlan on a sub-interface: the reference vlan plugin can serve one pod on a node only. */
function sharedDelegation(body: JsonObject): Delegation {
  const { vlan, master, mtu, mode = 'bridge', ipam, dns } = body
  if (typeof vlan !== 'number' || !Number.isInteger(vlan) || vlan < 1 || vlan > 4094)
    throw new CniError('configuration', '"vlan" is no id from 1 to 4094', JSON.stringify(vlan ?? ''))
  if (typeof master !== 'string' || !isInterfaceName(master))
    throw new CniError(
      'configuration',
      '"master" is no name of an interface: use 1 to 15 bytes without "/", ":" or spaces',
      JSON.stringify(master ?? ''),
    )
  if (mtu !== undefined && (typeof mtu !== 'number' || !Number.isInteger(mtu) || mtu < 0))
    throw new CniError(
      'configuration',
      '"mtu" is no number of bytes: use 68 or more, or 0 for that of the master',
      JSON.stringify(mtu),
    )
  const shared = { master, vlan }
  const inner = {
    ...given(body),
    type: 'macvlan',
    master: nameOf(shared),
    mode,
    ...(mtu !== undefined && { mtu }),
    ...(ipam !== undefined && { ipam }),
    ...(dns !== undefined && { dns }),
  }
  return { type: 'macvlan', body: inner, shared }
}

/** What the runtime wrote into the configuration is the delegate's as well. */
function given(body: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(body).filter(([key]) => RUNTIME_KEYS.has(key)))
}

/**
 * The reference vlan plugin reads vlanId; the other spelling is the one that people write (and would mean VLAN 0). From 1.3.0 to
 * 1.7.1 the bridge plugin keeps a port with a VLAN in the bridge's default one as well, unless it is told not to.
 */
function translate(body: JsonObject, type: string): JsonObject {
  const { vlan, ...rest } = body
  if (isMissing(vlan)) return body
  switch (type) {
    case 'vlan':
      return isMissing(body.vlanId) ? { ...rest, vlanId: vlan } : body
    case 'bridge':
    case 'cnv-bridge':
      return isMissing(body.preserveDefaultVlan) ? { ...body, preserveDefaultVlan: false } : body
    default:
      return body
  }
}

/** As Go reads it: null leaves what a key would set as it was. */
function isMissing(value: JsonValue | undefined): value is null | undefined {
  return value === undefined || value === null
}
