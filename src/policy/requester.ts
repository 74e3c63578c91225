/** Whether who asks is in a list of users and groups of the configuration, by name or by a group. */
export function isListed(
  list: readonly string[],
  user: string | undefined,
  groups: readonly string[],
): boolean {
  return [user, ...groups].some(who => who !== undefined && list.includes(who))
}
