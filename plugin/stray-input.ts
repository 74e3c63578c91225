import type { Claim } from '../src/claims/claim.ts'
import type { TypeFact } from '../src/cni/facts/facts.ts'
import { DEVICE_PORTS } from '../src/cni/guarded.ts'
import { isObject, type JsonObject, type JsonValue } from '../src/json/value.ts'
import { CLAIM_ARG } from '../src/kube/annotations.ts'
import { isDeviceResource } from '../src/policy/reach.ts'
import type { CallEnvironment } from './environment.ts'
import type { Refusal } from './masters.ts'
import type { Settings } from './settings.ts'

/**
 * What Multus hands on of a pod (multus pkg/types/conf.go CreateCNIRuntimeConf()): the claim states addresses and MAC, the
 * device was allocated. libcni leaves other keys as the NAD's author wrote them, and host-local would take whole ranges
 * from there.
 */
const RUNTIME_INPUTS: ReadonlySet<string> = new Set(['ips', 'mac', 'deviceID', 'portMappings', 'bandwidth'])

/** Where plugins leave for Multus what they know of a device (network-attachment-definition-client pkg/utils/cniconfig.go). */
const DEVICE_INFO = '/var/run/k8s.cni.cncf.io/devinfo/cni/'

/** What a pod, or the NAD's author, has put in besides what the claim states. */
export function findStrayInput(
  body: JsonObject,
  environment: CallEnvironment,
  { allowedCniArgs }: Settings,
): Refusal | undefined {
  const stray = Object.keys(cniArgs(body)).find(key => key !== CLAIM_ARG && !allowedCniArgs.includes(key))
  if (stray !== undefined)
    return {
      statement: 'cni-args',
      message: `the pod sets "${stray.slice(0, 80)}" under cni-args: remove it, or have a cluster admin add it to allowedCniArgs`,
    }
  const runtime = isObject(body.runtimeConfig) ? body.runtimeConfig : {}
  const isHandedOn = (key: string): boolean =>
    RUNTIME_INPUTS.has(key) || (key === 'CNIDeviceInfoFile' && isOwnFile(runtime[key], environment))
  const forged = Object.keys(runtime).find(key => !isHandedOn(key))
  if (forged !== undefined)
    return {
      statement: 'runtimeConfig',
      message: `"${forged.slice(0, 80)}" under runtimeConfig is nothing that Multus hands on from a pod: remove it from the NAD`,
    }
  const { deviceID } = runtime
  if (deviceID !== undefined && deviceID !== body.deviceID)
    return { statement: 'deviceID', message: 'the pod asks for a device that was not allocated to it' }
  const { pciBusID } = body
  if (body.deviceID && pciBusID && body.deviceID !== pciBusID)
    return {
      statement: 'deviceID',
      message:
        '"deviceID" and "pciBusID" name two devices, and Multus writes one into both: remove them from the NAD',
    }
  return undefined
}

/** The device that a plugin takes by its address. Multus writes what was allocated, and a NAD may name one itself. */
export function deviceOf({ deviceID, pciBusID }: JsonObject): string | undefined {
  const [device] = [deviceID, pciBusID].filter(value => typeof value === 'string' && value !== '')
  return typeof device === 'string' ? device : undefined
}

/** A device that the claim does not state, neither by its address nor by the resource that it was allocated from. */
export function findForeignDevice(
  body: JsonObject,
  types: readonly TypeFact[],
  { uplinks }: Claim,
): Refusal | undefined {
  const device = deviceOf(body)
  if (device === undefined || !types.some(({ type }) => DEVICE_PORTS.includes(type))) return undefined
  if (uplinks.some(({ master }) => master === device || isDeviceResource(master))) return undefined
  return {
    statement: 'uplinks',
    message: `the claim states no device, and the configuration has "${device.slice(0, 80)}": remove it from the NAD, or restart the pod's workload`,
  }
}

/** What Multus has made of a selection's cni-args, the claim among them (multus pkg/types/conf.go). */
export function cniArgs({ args }: JsonObject): JsonObject {
  return isObject(args) && isObject(args.cni) ? args.cni : {}
}

/** The file that Multus names for this interface (multus pkg/types/conf.go delegateRuntimeConfig()): root writes to it. */
function isOwnFile(file: JsonValue | undefined, { containerId, interface: name }: CallEnvironment): boolean {
  if (typeof file !== 'string' || !file.startsWith(DEVICE_INFO)) return false
  const base = file.slice(DEVICE_INFO.length)
  return !base.includes('/') && base.endsWith(`-${containerId}_${name}`)
}
