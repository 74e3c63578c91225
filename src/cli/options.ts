import { type Command, Option } from 'commander'
import { UsageError } from './command.ts'

/** An option that may be given several times. */
export function listOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser((value: string, list: string[] = []) => [...list, value])
}

/** An option for VLANs, whose lists are put together. */
export function vlansOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser((value: string, before?: string) =>
    before === undefined ? value : `${before},${value}`,
  )
}

/** An option that says what is changed, and takes one value: of two the last would count, and the other be forgotten. */
export function onceOption(flags: string, description: string): Option {
  const option = new Option(flags, description)
  return option.argParser((value: string, before?: string) => {
    if (before !== undefined)
      throw new UsageError(
        `${option.long} is given twice, as "${before}" and "${value}": run the command for each`,
      )
    return value
  })
}

const needed = new WeakSet<Option>()

/** An option that a command cannot do without. Commander would ask for it before it tells one that is misspelt. */
export function neededOption(option: Option): Option {
  needed.add(option)
  return option
}

/** Throws a UsageError for an option that is missing. */
export function checkNeeded(command: Command): void {
  for (const option of command.options)
    if (needed.has(option) && command.getOptionValue(option.attributeName()) === undefined)
      throw new UsageError(`required option '${option.flags}' not specified`)
}
