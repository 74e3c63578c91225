/** What the nodes verify claims with has these names everywhere: in a directory, a Secret, a ConfigMap, and on the node. */
export const KEYS_FILE = 'keys.json'
export const REVOCATIONS_FILE = 'revocations.json'
