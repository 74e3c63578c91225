import { randomUUID } from 'node:crypto'
import type { AdmissionRequest } from '../kube/admission.ts'
import { groupKind } from '../kube/group-kind.ts'
import { type Manifest, readMetadata } from '../kube/manifest.ts'

/** Plurals that are not simply the kind with an "s". */
const RESOURCES: Readonly<Record<string, string>> = {
  NetworkAttachmentDefinition: 'network-attachment-definitions',
}

/** The request that the API server sends when somebody creates this object. */
export function requestFor(object: Manifest, change: Partial<AdmissionRequest> = {}): AdmissionRequest {
  const [group = '', version = ''] = object.apiVersion.includes('/')
    ? object.apiVersion.split('/')
    : ['', object.apiVersion]
  const { kind, metadata } = object
  return {
    uid: randomUUID(),
    kind: { group, version, kind },
    resource: { group, version, resource: RESOURCES[kind] ?? `${kind.toLowerCase()}s` },
    operation: 'CREATE',
    userInfo: { username: 'alice', groups: ['system:authenticated'] },
    ...(metadata.name !== undefined && { name: metadata.name }),
    ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
    object,
    ...change,
  }
}

/** The object as it is stored: with an identity of its own. */
export function withUid(object: Manifest): Manifest {
  return { ...object, metadata: { ...object.metadata, uid: randomUUID() } }
}

/** The object that a request is about: the one that is deleted, or the one that is to be stored. */
export function objectOf(request: AdmissionRequest): Manifest | undefined {
  const object = request.operation === 'DELETE' ? request.oldObject : request.object
  return object === undefined || object === null ? undefined : withIdentity(object, request)
}

/** The object that is there, which an UPDATE would change; none for what is made, or deleted. */
export function beforeOf(request: AdmissionRequest): Manifest | undefined {
  const { operation, oldObject } = request
  if (operation === 'DELETE' || oldObject === null || oldObject === undefined) return undefined
  return withIdentity(oldObject, request)
}

/**
 * At CREATE the object may lack the namespace that the request is in; the request's is the API server's own word. For a
 * Namespace that is its own name, but it is in none: neither its exemption nor its enforcement is for its own making.
 */
export function withIdentity(object: Manifest, { namespace, name, subResource }: AdmissionRequest): Manifest {
  const isWithin = namespace && groupKind(object) !== '/Namespace'
  const metadata = { ...readMetadata(object.metadata), ...(isWithin && { namespace }) }
  const isNamed = subResource === 'binding' && metadata.name === undefined && name
  return { ...object, metadata: isNamed ? { ...metadata, name } : metadata }
}
