import { Option } from 'commander'

/** One that must be given, once or several times. */
export function mandatoryListOption(flags: string, description: string): Option {
  return new Option(flags, description)
    .argParser((value: string, list: string[] = []) => [...list, value])
    .makeOptionMandatory()
}

/** An option that may be given several times. */
export function listOption(flags: string, description: string): Option {
  return new Option(flags, description)
    .default([], 'none')
    .argParser((value: string, list: string[]) => [...list, value])
}
