import { Option } from 'commander'

/** An option that may be given several times. */
export function listOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser((value: string, list: string[] = []) => [...list, value])
}
