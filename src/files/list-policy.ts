import { existsSync, readdirSync } from 'node:fs'

/** The YAML and JSON files below a directory, in the order in which they count; none when there is no directory. */
export function listPolicyFiles(directory: string): string[] {
  if (!existsSync(directory)) return []
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' })
  return names.filter(name => /\.(?:ya?ml|json)$/.test(name)).sort()
}
