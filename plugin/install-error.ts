/** Why a node cannot be brought to where it should be; nothing of that part was done. */
export class InstallError extends Error {
  readonly code = 'ERR_SOCNI_INSTALL'
}
