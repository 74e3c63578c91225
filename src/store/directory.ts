import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { addRevocations } from '../claims/files.ts'
import { writeAtomically } from '../files/atomic.ts'
import { listPolicyFiles } from '../files/list-policy.ts'
import { readTextFile } from '../files/read-text.ts'
import type { Path } from '../json/value.ts'
import type { Manifest } from '../kube/manifest.ts'
import { isDnsLabel } from '../net/dns-label.ts'
import { readLocated } from '../yaml/document.ts'
import { editManifest, printManifest } from '../yaml/edit.ts'
import { type PolicyStore, StoreError } from './store.ts'

/** The embedded default: YAML files in a directory, revocations beside the keys. A new Tenant gets a file of its own. */
export function openPolicyDirectory(directory: string, keysDirectory: string, title: string): PolicyStore {
  /** The file of each Tenant, which may hold several, and the text of each file when it was read. */
  const origins = new Map<string, string>()
  const texts = new Map<string, string>()
  const places = new Map<Manifest, (at: Path) => string>()

  /** The file that holds a Tenant, as it was read and still is. */
  const textOf = (name: string): { readonly file: string; readonly text: string } => {
    const file = origins.get(name)
    const text = file && texts.get(file)
    if (file === undefined || text === undefined)
      throw new StoreError(`${directory} holds no Tenant "${name}"`)
    if (readTextFile(file) !== text)
      throw new StoreError(`${file} was changed meanwhile: run the command again`)
    return { file, text }
  }

  return {
    title,

    async list() {
      origins.clear()
      places.clear()
      return listPolicyFiles(directory).flatMap(name => {
        const file = join(directory, name)
        const text = readTextFile(file)
        const { manifests, problems } = readLocated(text)
        const [problem] = problems
        if (problem !== undefined) throw new StoreError(`${file}:${problem.place.line}: ${problem.message}`)
        texts.set(file, text)
        return manifests.map(({ manifest, place }) => {
          const { kind, metadata } = manifest
          if (kind === 'Tenant' && metadata.name !== undefined) origins.set(metadata.name, file)
          places.set(manifest, at => `${file}:${place(at).line}`)
          return manifest
        })
      })
    },

    placeOf: (manifest, at) => places.get(manifest)?.(at),

    async createTenant(manifest) {
      mkdirSync(directory, { recursive: true, mode: 0o755 })
      const file = join(directory, `tenant-${nameOf(manifest)}.yaml`)
      if (existsSync(file)) throw new StoreError(`${file} exists, but holds no such Tenant: move it away`)
      writeAtomically(file, printManifest(manifest), 0o644)
    },

    async editTenant(tenant, edits) {
      const name = nameOf(tenant)
      const { file, text } = textOf(name)
      const edited = editManifest(text, { kind: 'Tenant', name }, edits)
      if ('problem' in edited) throw new StoreError(`${file} holds the Tenant "${name}" ${edited.problem}`)
      writeAtomically(file, edited.text, statSync(file).mode & 0o777)
      texts.set(file, edited.text)
    },

    async deleteTenant(tenant) {
      const name = nameOf(tenant)
      const { file } = textOf(name)
      const others = readLocated(readTextFile(file)).manifests.length - 1
      if (others > 0)
        throw new StoreError(
          `${file} holds ${others} more than the Tenant "${name}": take its document out of it`,
        )
      rmSync(file)
    },

    async revoke(revocations) {
      addRevocations(keysDirectory, revocations)
    },

    async now() {
      return new Date()
    },
  }
}

/** Names of Tenants are checked before they get here; a file name is made of one all the same. */
function nameOf({ metadata }: Manifest): string {
  const { name = '' } = metadata
  if (!isDnsLabel(name)) throw new StoreError(`"${name}" is no name of a Tenant`)
  return name
}
