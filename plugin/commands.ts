import { CniError } from '../src/cni/errors.ts'
import { CNI_VERSIONS } from '../src/cni/spec.ts'
import type { JsonObject } from '../src/json/value.ts'
import { authorize } from './authorize.ts'
import { readForCleanUp, readPluginConfiguration } from './configuration.ts'
import { hasDelegate, runDelegate, translate } from './delegate.ts'
import type { Variables } from './environment.ts'
import { logDecision } from './log.ts'
import { readSettings, readTrust, type Settings } from './settings.ts'
import type { Call, Commands, Output } from './skeleton.ts'

const NOTHING: Output = { stdout: '', exit: 0 }

/** The skeleton has refused what cannot be read. */
function read({ text }: Call): JsonObject {
  return readPluginConfiguration(text).body ?? {}
}

/** The guard in a real plugin's place: it verifies, then the real plugin runs. */
export function createCommands(variables: Variables): Commands {
  const settings = (): Settings => readSettings(variables.SOCNI_CONF_DIR)

  const guarded = (call: Call): { body: JsonObject; settings: Settings } => {
    const body = read(call)
    const found = settings()
    const decision = authorize(body, call.calledAs, call.environment, found, () => readTrust(found))
    logDecision(found.log, call, found.mode, decision)
    if (decision.outcome === 'refused' && found.mode === 'enforce')
      throw new CniError('configuration', decision.message, `statement: ${decision.statement}`)
    return { body: translate(body, call.calledAs), settings: found }
  }

  const run = ({ environment, calledAs }: Call, body: JsonObject, { pluginDirectory }: Settings): Output =>
    runDelegate(pluginDirectory, calledAs, environment.command, body, variables)

  return {
    ADD(call) {
      const { body, settings: found } = guarded(call)
      const added = run(call, body, found)
      // A plugin that failed half-way has to undo the first half; what DEL says of that is not the news.
      if (added.exit !== 0) runDelegate(found.pluginDirectory, call.calledAs, 'DEL', body, variables)
      return added
    },

    CHECK(call) {
      const { body, settings: found } = guarded(call)
      return run(call, body, found)
    },

    DEL(call) {
      const body = readForCleanUp(call.text)
      const found = settings()
      // What nobody can read was never attached, and what is not installed any more has nothing to take off.
      if (body === undefined || !hasDelegate(found.pluginDirectory, call.calledAs)) return NOTHING
      return run(call, translate(body, call.calledAs), found)
    },

    GC(call) {
      const body = readForCleanUp(call.text)
      const found = settings()
      if (body === undefined || !hasDelegate(found.pluginDirectory, call.calledAs)) return NOTHING
      return run(call, translate(body, call.calledAs), found)
    },

    STATUS(call) {
      const body = read(call)
      try {
        const found = settings()
        readTrust(found)
        if (!hasDelegate(found.pluginDirectory, call.calledAs))
          throw new CniError('io', `the real plugin "${found.pluginDirectory}/${call.calledAs}" is missing`)
        return run(call, translate(body, call.calledAs), found)
      } catch (error) {
        if (error instanceof CniError) throw new CniError('notAvailable', error.message, error.details)
        throw error
      }
    },

    VERSION(call) {
      const own = {
        stdout: `${JSON.stringify({ cniVersion: '1.1.0', supportedVersions: CNI_VERSIONS })}\n`,
        exit: 0,
      }
      try {
        const found = settings()
        // What the real plugin speaks is what can be used; the guard itself speaks every version.
        return hasDelegate(found.pluginDirectory, call.calledAs)
          ? run(call, { cniVersion: '1.1.0' }, found)
          : own
      } catch (error) {
        if (error instanceof CniError) return own
        throw error
      }
    },
  }
}
