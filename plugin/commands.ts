import { CniError } from '../src/cni/errors.ts'
import { GUARD_DIRECTORY } from '../src/cni/guarded.ts'
import { CNI_VERSIONS } from '../src/cni/spec.ts'
import { isObject, type JsonObject } from '../src/json/value.ts'
import { type Authorization, authorize } from './authorize.ts'
import { forget, remember } from './carriers.ts'
import { withoutDaemonSettings } from './daemon-settings.ts'
import { realDirectories, runDelegate, type Surroundings } from './delegate.ts'
import type { CallEnvironment, CommandName, Variables } from './environment.ts'
import { closeFile, inNetworkNamespace, openFile } from './libc.ts'
import { logDecision, logGone } from './log.ts'
import { findLink } from './netlink.ts'
import { type Delegation, delegationOf } from './own-type.ts'
import { cutOff, isNothingLeft } from './removal.ts'
import { judgeResult } from './result.ts'
import { withAnnouncedDefaultRoute, withoutAnnouncedDefaultRoute } from './router-advertisements.ts'
import { findDirectory, readSettings, readTrust, type Settings } from './settings.ts'
import type { Call, Commands, Output } from './skeleton.ts'
import { isTooLong } from './stdin-configuration.ts'
import { checkUse, collect, join, leave, type User, waitForLock } from './sub-interface.ts'

const NOTHING: Output = { stdout: '', exit: 0 }

/** Runs the real plugin of a type; undefined when there is none. */
type Runner = (type: string, command: CommandName, body: JsonObject) => Output | undefined

/** The directory of plugins that a guard belongs to: installed it is set aside in there, with the real ones. */
function directoryOf(executable: string): string {
  const parent = executable.slice(0, executable.lastIndexOf('/'))
  return parent.endsWith(`/${GUARD_DIRECTORY}`) ? parent.slice(0, parent.lastIndexOf('/')) : parent
}

/**
 * The guard in a real plugin's place, or by its own name: it verifies, then the real plugin runs.
 * @param executable The guard's own file. Where it was installed the plugins that it stands in for are beside it.
 */
export function createCommands(variables: Variables, executable: string): Commands {
  const ownDirectory = directoryOf(executable)
  const filesDirectory = (): string => findDirectory(variables.SOCNI_CONF_DIR, ownDirectory)
  const settings = (): Settings => readSettings(filesDirectory())
  /** Without an installation's word it is one that is not there. */
  const directoryForCleanUp = (): string => orNothing(filesDirectory) ?? ''
  const noteGone = (call: Call, { stdout }: Output): void => {
    const found = orNothing(settings)
    if (found !== undefined) logGone(found.log, call, stdout)
  }
  const directories = realDirectories(ownDirectory, variables.CNI_PATH ?? '')
  const surroundings = (locks: readonly number[]): Surroundings => ({ directories, variables, locks })
  const runner =
    (locks: readonly number[] = []): Runner =>
    (type, command, body) =>
      runDelegate(surroundings(locks), type, command, body)
  const missing = (type: string): never => {
    throw new CniError(
      'io',
      `the real plugin "${type}" is not on this node: install it, and then the guard again`,
      `looked in ${directories.join(', ')}`,
    )
  }

  return {
    async ADD(asked) {
      const found = settings()
      const { call, decision } = await guard(asked, found)
      const { type, body, shared } = delegationOf(call.calledAs, call.body)
      if (type === undefined) return printPrevious(call.body)
      // Flannel's own bridge is not ours to delay.
      const pod =
        decision.outcome !== 'unguarded' ? await lockPod(call.environment) : { locks: [], isLocked: true }
      if (!pod.isLocked) throw new CniError('tryLater', 'another call for this pod has not ended')
      if (decision.outcome !== 'unguarded') refuseTaken(call)
      const run = runner(pod.locks)
      let isAttached = false
      try {
        if (shared !== undefined) await join(shared, userOf(call), found.directory)
        const attach = () => run(type, 'ADD', body)
        const added = minding(decision, found)(call.environment.netns, attach) ?? missing(type)
        const refusal = added.exit === 0 ? refusalOf(added.stdout, decision, call, found) : undefined
        isAttached = added.exit === 0 && refusal === undefined
        // A plugin that failed half-way has to undo the first half; what DEL says of that is not the news.
        const undone = isAttached ? undefined : run(type, 'DEL', forRemoval({ type, body, shared }))
        if (refusal !== undefined && undone?.exit !== 0) cutOff(call.environment)
        if (refusal !== undefined) throw refusal
        if (isAttached && decision.outcome === 'allowed' && decision.on !== undefined)
          remember(call.environment, decision.on)
        return added
      } finally {
        // Also where there is no plugin to run at all.
        if (!isAttached && shared !== undefined) await leave(shared, userOf(call), found.directory)
      }
    },

    async CHECK(asked) {
      const { call } = await guard(asked, settings())
      const { type, body, shared } = delegationOf(call.calledAs, call.body)
      if (type === undefined) return NOTHING
      if (shared !== undefined) checkUse(shared, userOf(call))
      return runner()(type, 'CHECK', body) ?? missing(type)
    },

    async DEL(call) {
      forget(call.environment)
      const delegation = delegationForCleanUp(call)
      if (delegation?.type === undefined) return NOTHING
      // An ADD that was killed may still run its plugin. One that hangs must not keep the pod from being cleaned up.
      const { locks, isLocked } = await lockPod(call.environment)
      const { type, shared } = delegation
      const body = forRemoval(delegation)
      // What is not installed any more has nothing to take off.
      const removed = runner(locks)(type, 'DEL', body) ?? NOTHING
      if (removed.exit !== 0) {
        // The runtime calls again and again, and the pod never ends: that is for what is there, or may still come.
        if (!isLocked || !isNothingLeft(type, body, call.environment, surroundings(locks))) return removed
        noteGone(call, removed)
      }
      if (shared !== undefined) await leave(shared, userOf(call), directoryForCleanUp())
      return removed.exit === 0 ? removed : NOTHING
    },

    async GC(call) {
      const delegation = delegationForCleanUp(call)
      if (delegation?.type === undefined) return NOTHING
      const collected = runner()(delegation.type, 'GC', delegation.body) ?? NOTHING
      const valid = validAttachments(call.body)
      if (delegation.shared !== undefined && valid !== undefined)
        await collect(networkOf(call.body), valid, directoryForCleanUp())
      return collected
    },

    async STATUS(call) {
      try {
        const found = settings()
        if (found.mode === 'enforce') readTrust(found)
        const { type, body } = delegationOf(call.calledAs, call.body)
        if (type === undefined) return NOTHING
        return runner()(type, 'STATUS', body) ?? missing(type)
      } catch (error) {
        if (error instanceof CniError) throw new CniError('notAvailable', error.message, error.details)
        throw error
      }
    },

    async VERSION(call) {
      const own = { cniVersion: '1.1.0', supportedVersions: CNI_VERSIONS }
      const printed = { stdout: `${JSON.stringify(own)}\n`, exit: 0 }
      try {
        // What the real plugin speaks is what can be used; the guard itself speaks every version.
        return runner()(call.calledAs, 'VERSION', { cniVersion: '1.1.0' }) ?? printed
      } catch (error) {
        if (error instanceof CniError) return printed
        throw error
      }
    },
  }
}

/** Refuses what no claim covers. Returns the call as it is to be made: with what was signed, and nothing that Multus added. */
async function guard(asked: Call, settings: Settings): Promise<{ call: Call; decision: Authorization }> {
  if (isTooLong(asked.body))
    throw new CniError('decoding', 'the configuration is longer than any network that is admitted')
  const judge = ({ body, calledAs, environment }: Call) =>
    authorize(body, calledAs, environment, settings, () => readTrust(settings))
  const decision = await judge(asked)
  if (decision.outcome === 'refused' && decision.statement === 'configuration') {
    const call = { ...asked, body: withoutDaemonSettings(asked.body) }
    const other = await judge(call)
    if (other.outcome === 'allowed') return { call, decision: granted(other, call, settings) }
  }
  return { call: asked, decision: granted(decision, asked, settings) }
}

/** Writes a decision down; a refusal is thrown. */
function granted(decision: Authorization, call: Call, settings: Settings): Authorization {
  const refusal = recorded(decision, call, settings)
  if (refusal !== undefined) throw refusal
  return decision
}

/** Writes a decision down, and returns the error that it ends the call with, if it does. */
function recorded(decision: Authorization, call: Call, { log, mode }: Settings): CniError | undefined {
  logDecision(log, call, mode, decision)
  if (decision.outcome !== 'refused' || mode !== 'enforce') return undefined
  return new CniError('configuration', decision.message, `statement: ${decision.statement}`)
}

/** How a plugin is run, by whether somebody minds a default route that comes at run time. */
function minding(decision: Authorization, { mode }: Settings): typeof withoutAnnouncedDefaultRoute {
  if (decision.outcome === 'unguarded') return (_, run) => run()
  const isMinded = decision.outcome === 'allowed' && decision.claim.defaultRoute !== true && mode !== 'audit'
  return isMinded ? withoutAnnouncedDefaultRoute : withAnnouncedDefaultRoute
}

/**
 * Throws a CniError (4) where the pod has the interface already: the real plugin would fail, and the DEL behind that take off what
 * is attached. Behind another plugin it may be that one's.
 */
function refuseTaken({ body, environment: { netns, interface: name } }: Call): void {
  if (body.prevResult !== undefined) return
  const isTaken = inNetworkNamespace(netns, () => findLink(name)?.name === name)
  if (isTaken) throw new CniError('environment', `CNI_IFNAME: the pod has an interface "${name}" already`)
}

/** Why an attachment may not stay, of which the claim does not say that it may become what it became. */
function refusalOf(
  stdout: string,
  decision: Authorization,
  call: Call,
  settings: Settings,
): CniError | undefined {
  if (decision.outcome !== 'allowed' || decision.decidedBy === undefined) return undefined
  const message = judgeResult(stdout, decision.decidedBy, decision.claim, settings)
  return message === undefined
    ? undefined
    : recorded({ outcome: 'refused', statement: 'routes', message }, call, settings)
}

/**
 * Keeps calls for one pod apart, by a lock on its network namespace: of an ADD whose guard was killed the plugin goes on,
 * and a DEL meanwhile would find nothing to take off. The process's end closes the file.
 */
async function lockPod({ netns }: CallEnvironment): Promise<{ locks: number[]; isLocked: boolean }> {
  const file = netns === '' ? undefined : openFile(netns)
  // A namespace that is not there is the real plugin's to complain of.
  if (file === undefined) return { locks: [], isLocked: true }
  if (await waitForLock(file)) return { locks: [file], isLocked: true }
  closeFile(file)
  return { locks: [], isLocked: false }
}

/** What a clean-up delegates to; what cannot be delegated to was never attached. */
function delegationForCleanUp({ calledAs, body }: Call): Delegation | undefined {
  return orNothing(() => delegationOf(calledAs, body))
}

/** Cleaning up depends on no file of the guard's. */
function orNothing<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof CniError) return undefined
    throw error
  }
}

/** macvlan before 1.2 looks its master up even for DEL, and the sub-interface may be gone; `lo` never is. */
function forRemoval({ body, shared }: Delegation): JsonObject {
  return shared === undefined ? body : { ...body, master: 'lo' }
}

/** Behind another plugin its result is ours (CNI SPEC 1.1.0, section 4, "ADD"). */
function printPrevious({ prevResult }: JsonObject): Output {
  if (!isObject(prevResult))
    throw new CniError(
      'configuration',
      'there is no plugin before this one: write "delegate", or "vlan" and "master"',
    )
  return { stdout: `${JSON.stringify(prevResult)}\n`, exit: 0 }
}

function userOf({ environment, body }: Call): User {
  return {
    network: networkOf(body),
    containerId: environment.containerId,
    interface: environment.interface,
  }
}

function networkOf({ name }: JsonObject): string {
  return typeof name === 'string' ? name : ''
}

/** CNI SPEC 1.1.0, "GC": undefined when the runtime does not say what is valid, and nothing may be taken away. */
function validAttachments(body: JsonObject): User[] | undefined {
  const listed = body['cni.dev/valid-attachments']
  if (!Array.isArray(listed)) return undefined
  return listed.filter(isObject).map(({ containerID, ifname }) => ({
    network: networkOf(body),
    containerId: String(containerID),
    interface: String(ifname),
  }))
}
