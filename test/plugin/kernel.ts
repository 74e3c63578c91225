import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'socni/kernel')
const QEMU = 'qemu-system-x86_64'

/** Why there is no kernel with 802.1Q; undefined where there is. */
export const noKernel = findObstacle()

function findObstacle(): string | undefined {
  if (!existsSync(join(CACHE, 'initramfs')))
    return 'there is no kernel in the cache: sh test/plugin/fetch-kernel.sh'
  return spawnSync(QEMU, ['--version']).error === undefined
    ? undefined
    : 'QEMU is missing: apt-get install qemu-system-x86'
}

/**
 * Boots a kernel with 802.1Q in software, runs a script in it and powers off; returns what the script printed. The guest's
 * root is this machine's, so that what it writes to is mounted over first; the folder `shared` alone is not.
 */
export function runInKernel(script: string, shared: string, seconds = 240): { exit: number; output: string } {
  const first = join(shared, 'first.sh')
  const root = join(CACHE, 'root')
  writeFileSync(
    first,
    `export PATH=${root}/usr/bin:${root}/bin:/usr/sbin:/usr/bin:/sbin:/bin LD_LIBRARY_PATH=${root}/usr/lib/x86_64-linux-gnu
mount -t proc none /proc
mount -t sysfs none /sys
for directory in /run /var/lib /dev/shm; do mount -t tmpfs none $directory; done
ip link set lo up
(
set -e
${script}
) > ${shared}/output 2>&1
echo $? > ${shared}/exit
sync
echo o > /proc/sysrq-trigger
sleep 10
`,
  )
  const args = [
    ...[
      '-accel',
      'tcg,thread=multi',
      '-smp',
      '2',
      '-cpu',
      'max',
      '-m',
      '1024',
      '-nographic',
      '-no-reboot',
      '-monitor',
      'none',
      '-nic',
      'none',
    ],
    ...['-kernel', join(CACHE, 'vmlinuz'), '-initrd', join(CACHE, 'initramfs')],
    ...['-append', `console=ttyS0 quiet panic=-1 socni.script=${first}`],
    ...['-virtfs', 'local,path=/,mount_tag=host,security_model=none,multidevs=remap'],
  ]
  spawnSync('timeout', ['-k', '5', String(seconds), QEMU, ...args], { stdio: 'ignore' })
  const read = (name: string) =>
    existsSync(join(shared, name)) ? readFileSync(join(shared, name), 'utf8') : ''
  return { exit: Number(read('exit') || -1), output: read('output') }
}
