import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..', '..')
const scratch = mkdtempSync(join(tmpdir(), 'socni-seed-'))
afterAll(() => rmSync(scratch, { recursive: true }))

/** The commands of the document that the project came from, to the letter. */
const COMMANDS = `
# List VLANs
socni-ctl --config-dir /var/lib/rancher/k3s/agent/etc/cni/net.d list

# Create a new VLAN with tenant isolation
socni-ctl --config-dir /var/lib/rancher/k3s/agent/etc/cni/net.d \\
  --tenant-id admin create --id 200 --master eth0 --label environment=production

# Generate K3s-specific network configuration
socni-ctl generate --id 200 --master eth0 --subnet 10.200.0.0/24 \\
  --output /var/lib/rancher/k3s/agent/etc/cni/net.d/200-vlan.conflist
`

/** /var/lib becomes an empty file system of this process alone, so that K3s's own paths are there and nothing else is touched. */
const NODE = `
set -eu
mount -t tmpfs none /var/lib
mkdir -p /var/lib/rancher/k3s/agent/etc/cni/net.d /var/lib/rancher/k3s/data/cni
echo '{"cniVersion": "1.0.0", "name": "cbr0", "plugins": [{"type": "flannel", "delegate": {"isDefaultGateway": true}}]}' \\
  > /var/lib/rancher/k3s/agent/etc/cni/net.d/10-flannel.conflist
`

function onNode(script: string) {
  const shims = join(scratch, 'bin')
  const work = mkdtempSync(join(scratch, 'work-'))
  mkdirSync(shims, { recursive: true })
  const program = join(shims, 'socni-ctl')
  writeFileSync(program, `#!/bin/sh\nexec ${process.execPath} ${join(root, 'bin/socni-ctl.js')} "$@"\n`)
  chmodSync(program, 0o755)
  const { status, stdout, stderr } = spawnSync(
    'unshare',
    ['--map-root-user', '--mount', 'bash', '-c', NODE + script],
    {
      cwd: work,
      encoding: 'utf8',
      env: { PATH: `${shims}:${dirname(process.execPath)}:/usr/sbin:/usr/bin:/sbin:/bin`, HOME: work },
    },
  )
  return { exit: status, stdout, stderr }
}

describe('every command line of seed 000', () => {
  it('works as it is written', () => {
    const { exit, stdout, stderr } = onNode(
      `${COMMANDS}\ncat /var/lib/rancher/k3s/agent/etc/cni/net.d/200-vlan.conflist`,
    )
    expect({ exit, stderr }).toEqual({
      exit: 0,
      stderr: `note: made tenant admin, for namespace admin
socni-ctl: warning: a second pod on a node cannot attach to VLAN 200 on "eth0": write type "socni" with "vlan": 200, or use macvlan on "eth0.200" [one-pod-per-vlan]
socni-ctl: warning: 10.200.0.0/24 is given out by each node by itself: use "whereabouts", or a range of its own for each node [host-local-on-many-nodes]
wrote /var/lib/rancher/k3s/agent/etc/cni/net.d/200-vlan.conflist
`,
    })
    expect(stdout).toBe(`no VLAN is granted in .socni/policy: socni-ctl create makes one

/var/lib/rancher/k3s/agent/etc/cni/net.d:
FILE                 NETWORK  TYPES    VLANS           TENANTS
10-flannel.conflist  cbr0     flannel  native on cni0
VLAN 200 on eth0 for tenant admin (.socni/policy)
{
  "cniVersion": "1.0.0",
  "name": "vlan200",
  "plugins": [
    {
      "type": "vlan",
      "master": "eth0",
      "vlanId": 200,
      "ipam": {
        "type": "host-local",
        "ranges": [
          [
            {
              "subnet": "10.200.0.0/24"
            }
          ]
        ]
      }
    }
  ]
}
`)
  })

  it('leaves VLANs and configurations that list shows together, and the tenant that was made on first use', () => {
    const { exit, stdout } = onNode(`(${COMMANDS}\n) >/dev/null 2>&1
socni-ctl --config-dir /var/lib/rancher/k3s/agent/etc/cni/net.d list --detailed`)
    expect({ exit, stdout }).toEqual({
      exit: 0,
      stdout: `VLANS  INTERFACE  TENANT  SHARED  SUBNETS  MTU  LABELS                  NETWORKS  PODS
200    eth0       admin                         environment=production  0         0

/var/lib/rancher/k3s/agent/etc/cni/net.d:
FILE                 NETWORK  TYPES    VLANS           TENANTS
10-flannel.conflist  cbr0     flannel  native on cni0
200-vlan.conflist    vlan200  vlan     200 on eth0     admin
`,
    })
  })
})
