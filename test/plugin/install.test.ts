import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  cpSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { planInstall } from '../../plugin/install.ts'
import { runAlone } from '../../plugin/one-installer.ts'
import { runSteps } from '../../plugin/steps.ts'
import { buildPlugin } from '../../scripts/build-plugin.ts'
import { generateSigningKey, printKeySet, publicKeyOf } from '../../src/claims/keys.ts'
import { defaultCluster } from '../../src/config/cluster.ts'
import { nodeFacts } from '../../src/store/node-facts.ts'
import { ctl } from '../socni-ctl.ts'

const scratch = mkdtempSync(join(tmpdir(), 'socni-install-'))
afterAll(() => rmSync(scratch, { recursive: true }))
const key = generateSigningKey()
const keys = join(scratch, 'keys.json')
writeFileSync(keys, printKeySet(new Map([[key.kid, publicKeyOf(key, 'current')]])))
let count = 0
let executable: string
beforeAll(() => {
  executable = buildPlugin('linux-x64-glibc')
})

/** A node's directories: plugins as programs of their own, and, as in K3s, as links to one that tells by its name. */
function newNode() {
  const root = join(scratch, String(count++))
  const [binDir, confDir] = [join(root, 'bin'), join(root, 'net.d')]
  mkdirSync(binDir, { recursive: true })
  mkdirSync(confDir)
  for (const name of ['cni', 'vlan', 'host-local', 'loopback']) {
    writeFileSync(join(binDir, name), `#!/bin/sh\necho "$0 $CNI_COMMAND"\n`)
    chmodSync(join(binDir, name), 0o755)
  }
  symlinkSync('cni', join(binDir, 'bridge'))
  symlinkSync(join(binDir, 'cni'), join(binDir, 'macvlan'))
  writeFileSync(join(confDir, '10-flannel.conflist'), '{}')
  return { root, binDir, confDir }
}

/** As Flannel's own manifests write it. */
const flannel = (delegate: object) => ({
  cniVersion: '1.0.0',
  name: 'cbr0',
  plugins: [{ type: 'flannel', delegate }, { type: 'portmap' }],
})

/** What stands in for a plugin that was a file. */
const standIn = (binDir: string): string => `#!${binDir}/socni\n`

/** Every file with what it is, to compare two states by. */
function snapshot(directory: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .sort()
      .map(name => {
        const path = join(directory, name)
        const status = lstatSync(path)
        if (status.isSymbolicLink()) return [name, `-> ${readlinkSync(path)}`]
        return [
          name,
          status.isDirectory() ? 'directory' : `${status.mode.toString(8)} ${readFileSync(path, 'base64')}`,
        ]
      }),
  )
}

function run(node: { binDir: string; confDir: string }, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(executable, args, {
    encoding: 'utf8',
    env: { CNI_BIN_DIR: node.binDir, CNI_CONF_DIR: node.confDir },
  })
  return { exit: status, stdout, stderr }
}

/** Calls what is installed as a runtime does: nothing tells where the guard's own files are. */
function callPlugin(program: string, command: string, runtimePath: string, config = {}) {
  const { status, stdout } = spawnSync(program, {
    env: {
      CNI_COMMAND: command,
      CNI_CONTAINERID: 'c1',
      CNI_IFNAME: 'net1',
      CNI_PATH: runtimePath,
      PATH: '/usr/bin:/bin',
    },
    input: JSON.stringify({ cniVersion: '1.1.0', name: 'x', type: basename(program), ...config }),
    encoding: 'utf8',
  })
  return { exit: status, stdout }
}

describe('socni install, by the executable itself, with no PATH and no HOME', () => {
  it('takes the place of plugins that reach host networks, and of no other', () => {
    const node = newNode()
    expect(run(node, 'install', '--keys', keys)).toMatchObject({ exit: 0, stderr: '' })
    const links = ['bridge', 'macvlan'].map(name => readlinkSync(join(node.binDir, name)))
    expect(links).toEqual(['socni', 'socni'])
    expect(readFileSync(join(node.binDir, 'vlan'), 'utf8')).toBe(standIn(node.binDir))
    expect(lstatSync(join(node.binDir, 'loopback')).isFile()).toBe(true)
    // The real ones answer under their own names.
    for (const name of ['vlan', 'bridge', 'macvlan'])
      expect(String(spawnSync(join(node.binDir, 'socni.d', name)).stdout)).toContain(`/socni.d/${name}`)
    expect(JSON.parse(readFileSync(join(node.confDir, 'socni.d/guard.json'), 'utf8'))).toEqual({
      mode: 'enforce',
      log: '/var/log/socni-cni.log',
    })
  })

  it('changes nothing the second time, and puts everything back byte for byte', () => {
    const node = newNode()
    const before = [snapshot(node.binDir), snapshot(node.confDir)]
    run(node, 'install', '--keys', keys)
    const installed = snapshot(node.binDir)
    expect(run(node, 'install', '--keys', keys).stdout).toBe('nothing to do\n')
    expect(snapshot(node.binDir)).toEqual(installed)
    expect(run(node, 'uninstall').exit).toBe(0)
    expect([snapshot(node.binDir), snapshot(node.confDir)]).toEqual(before)
    expect(run(node, 'uninstall').stdout).toBe('nothing to do\n')
  })

  it('takes every directory in which plugins are looked for, of those that are there', () => {
    const [node, other] = [newNode(), newNode()]
    rmSync(join(other.binDir, 'macvlan'))
    const binDir = [node.binDir, other.binDir, join(node.root, 'not/there')].join(':')
    const both = { binDir, confDir: node.confDir }
    const before = [snapshot(node.binDir), snapshot(other.binDir)]
    expect(run(both, 'install', '--keys', keys)).toMatchObject({ exit: 0, stderr: '' })
    expect(run(both, 'install').stdout).toBe('nothing to do\n')
    const call = (program: string, config: object) => callPlugin(program, 'DEL', binDir, config).stdout
    // Each stands in for what was there; what is in one directory alone is found from the other as well.
    for (const directory of [node.binDir, other.binDir])
      expect(call(join(directory, 'vlan'), { master: 'eth0', vlanId: 5 })).toBe(
        `${directory}/socni.d/vlan DEL\n`,
      )
    const delegate = { type: 'macvlan', master: 'eth0.5' }
    expect(call(join(other.binDir, 'socni'), { delegate })).toBe(`${node.binDir}/socni.d/macvlan DEL\n`)
    expect(run(both, 'uninstall').exit).toBe(0)
    expect([snapshot(node.binDir), snapshot(other.binDir)]).toEqual(before)
  })

  it('stands in for plugins that are not there, and runs those of directories that nobody named', () => {
    const [node, other] = [newNode(), newNode()]
    const unnamed = join(node.root, 'libexec')
    mkdirSync(unnamed)
    cpSync(join(node.binDir, 'cni'), join(unnamed, 'ipvlan'))
    // Back to the guard, which must not go round in circles.
    for (const name of ['tap', 'bond']) symlinkSync(join(node.binDir, name), join(unnamed, name))
    const taken = { binDir: `${node.binDir}:${other.binDir}`, confDir: node.confDir }
    expect(run(taken, 'install', '--keys', keys)).toMatchObject({ exit: 0, stderr: '' })
    const call = (type: string, command: string, runtimePath = `${node.binDir}:relative::${unnamed}`) =>
      callPlugin(join(node.binDir, type), command, runtimePath)
    expect(call('ipvlan', 'DEL')).toEqual({ exit: 0, stdout: `${unnamed}/ipvlan DEL\n` })
    // Also by way of a directory that is guarded, in which it is set aside.
    expect(call('vlan', 'DEL', `${other.binDir}:${unnamed}`).stdout).toBe(`${node.binDir}/socni.d/vlan DEL\n`)
    for (const type of ['tap', 'bond', 'sriov']) expect(call(type, 'DEL')).toEqual({ exit: 0, stdout: '' })
    expect(JSON.parse(call('sriov', 'STATUS').stdout)).toMatchObject({
      code: 50,
      msg: 'the real plugin "sriov" is not on this node: install it, and then the guard again',
      details: `looked in ${node.binDir}/socni.d, ${unnamed}`,
    })
    // One that comes later is taken in.
    cpSync(join(node.binDir, 'cni'), join(node.binDir, 'sriov'))
    expect(run(taken, 'install').stdout).toBe(`put the guard in the place of ${join(node.binDir, 'sriov')}\n`)
    expect(call('sriov', 'DEL').stdout).toBe(`${node.binDir}/socni.d/sriov DEL\n`)
    // One that somebody takes away is stood in for again: behind it may be another.
    rmSync(join(node.binDir, 'tap'))
    expect(run(taken, 'install').stdout).toBe(
      `put the guard under the names of plugins that are not in ${node.binDir}: tap\n`,
    )
  })

  it('finds its own files wherever the configurations are, with nothing that a runtime tells', () => {
    const node = newNode()
    const other = join(node.root, 'moved')
    run(node, 'install', '--keys', keys)
    const status = () => callPlugin(join(node.binDir, 'vlan'), 'STATUS', node.binDir).stdout
    expect(status()).toContain('socni.d/vlan STATUS')
    mkdirSync(other)
    expect(run({ ...node, confDir: other }, 'install', '--keys', keys).exit).toBe(0)
    rmSync(join(node.confDir, 'socni.d'), { recursive: true })
    expect(status()).toContain('socni.d/vlan STATUS')
    rmSync(join(other, 'socni.d/guard.json'))
    expect(JSON.parse(status())).toMatchObject({
      code: 50,
      msg: expect.stringContaining('run scripts/install-cni.sh'),
      details: `${other}/socni.d/guard.json is missing`,
    })
  })

  it('is not written over by whoever copies a plugin into its place, which it takes in', () => {
    const node = newNode()
    run(node, 'install', '--keys', keys)
    const guard = readFileSync(join(node.binDir, 'socni.d/socni'))
    const newer = join(node.root, 'newer')
    writeFileSync(newer, '#!/bin/sh\necho newer\n', { mode: 0o755 })
    // As the installers of sriov, ovs and the reference plugins do.
    expect(spawnSync('cp', ['-f', newer, join(node.binDir, 'vlan')]).status).toBe(0)
    expect(readFileSync(join(node.binDir, 'socni.d/socni')).equals(guard)).toBe(true)
    expect(run(node, 'install').stdout).toBe(`put the guard in the place of ${join(node.binDir, 'vlan')}\n`)
    expect(String(spawnSync(join(node.binDir, 'socni.d/vlan')).stdout)).toBe('newer\n')
  })

  it('takes one directory once, by whatever names it goes', () => {
    const node = newNode()
    const before = snapshot(node.binDir)
    const link = join(node.root, 'link')
    symlinkSync(node.binDir, link)
    const both = { binDir: `${node.binDir}:${link}`, confDir: node.confDir }
    expect(run(both, 'install', '--keys', keys)).toMatchObject({ exit: 0, stderr: '' })
    expect(String(spawnSync(join(node.binDir, 'socni.d/vlan')).stdout)).toContain('/socni.d/vlan')
    expect(run(both, 'install').stdout).toBe('nothing to do\n')
    expect(run(both, 'uninstall')).toMatchObject({ exit: 0, stderr: '' })
    expect(snapshot(node.binDir)).toEqual(before)
  })

  it.each([
    ['behind', 0],
    ['before', 1],
  ])('leaves links to what it takes elsewhere, from a directory %s', (_, index) => {
    const node = newNode()
    const links = join(node.root, 'links')
    mkdirSync(links)
    for (const name of ['vlan', 'bridge', 'host-local'])
      symlinkSync(join(node.binDir, name), join(links, name))
    const before = [snapshot(node.binDir), snapshot(links)]
    const directories = [node.binDir, links]
    const both = {
      binDir: (index === 0 ? directories : directories.toReversed()).join(':'),
      confDir: node.confDir,
    }
    expect(run(both, 'install', '--keys', keys)).toMatchObject({ exit: 0, stderr: '' })
    expect(readlinkSync(join(links, 'vlan'))).toBe(join(node.binDir, 'vlan'))
    expect(run(both, 'install').stdout).toBe('nothing to do\n')
    expect(run(both, 'uninstall')).toMatchObject({ exit: 0, stderr: '' })
    expect([snapshot(node.binDir), snapshot(links)]).toEqual(before)
  })

  it.each(['', ':', '/nowhere', '/nowhere:/opt'])('says so where CNI_BIN_DIR is %j', binDir => {
    const { exit, stderr } = run({ binDir, confDir: newNode().confDir }, 'install', '--keys', keys)
    expect([exit, stderr.split('\n').length]).toEqual([3, 2])
    expect(stderr).toContain('with CNI_BIN_DIR and CNI_CONF_DIR')
  })

  it('clears away what an installer that was killed has left', () => {
    const node = newNode()
    const before = snapshot(node.binDir)
    run(node, 'install', '--keys', keys)
    // Half of a copy, half of a stand-in.
    for (const name of ['.socni.tmp', '.vlan.tmp'])
      writeFileSync(join(node.binDir, 'socni.d', name), 'half', { mode: 0o755 })
    rmSync(join(node.binDir, 'socni.d/socni'))
    expect(run(node, 'install')).toMatchObject({ exit: 0, stderr: '' })
    expect(readdirSync(join(node.binDir, 'socni.d')).filter(name => name.startsWith('.'))).toEqual([])
    expect(run(node, 'uninstall')).toMatchObject({ exit: 0, stderr: '' })
    expect(snapshot(node.binDir)).toEqual(before)
  })

  it('goes on where one was ended between the real plugin and its stand-in, and leaves nothing of that', () => {
    const node = newNode()
    mkdirSync(join(node.binDir, 'socni.d'))
    linkSync(join(node.binDir, 'vlan'), join(node.binDir, 'socni.d/vlan'))
    expect(run(node, 'install', '--keys', keys).exit).toBe(0)
    expect(readFileSync(join(node.binDir, 'vlan'), 'utf8')).toBe(standIn(node.binDir))
    expect(run(node, 'install').stdout).toBe('nothing to do\n')
  })

  it('loses no plugin to installers that are at work at the same moment', async () => {
    const node = newNode()
    const names = ['vlan', 'ipvlan', 'host-device', 'tap', 'bond']
    const start = async (...args: string[]) => {
      const child = spawn(executable, args, {
        env: { CNI_BIN_DIR: node.binDir, CNI_CONF_DIR: node.confDir },
        stdio: 'ignore',
      })
      return (await once(child, 'exit'))[0]
    }
    for (let round = 0; round < 8; round++) {
      const plugin = `#!/bin/sh\necho ${round}\n`
      // As an upgrade unpacks them.
      for (const name of names) {
        rmSync(join(node.binDir, name), { force: true })
        writeFileSync(join(node.binDir, name), plugin, { mode: 0o755 })
      }
      const verbs = round % 4 === 3 ? ['install', 'uninstall', 'install'] : ['install', 'install', 'install']
      const exits = await Promise.all(
        verbs.map(verb => start(verb, ...(verb === 'install' ? ['--keys', keys] : []))),
      )
      expect(exits).toEqual([0, 0, 0])
      for (const name of names) {
        const [file, aside] = [join(node.binDir, name), join(node.binDir, 'socni.d', name)]
        const texts = [file, aside].filter(path => existsSync(path)).map(path => readFileSync(path, 'utf8'))
        expect(texts).toContain(plugin)
      }
    }
    // Whoever came last: uninstall takes the keys as well.
    expect(run(node, 'install', '--keys', keys).exit).toBe(0)
    expect(run(node, 'uninstall').exit).toBe(0)
    for (const name of names) expect(String(spawnSync(join(node.binDir, name)).stdout)).toBe('7\n')
  })

  /** Planned here, where something may happen between planning and doing. */
  const planHere = (node: ReturnType<typeof newNode>) =>
    planInstall({
      binDirs: [node.binDir],
      confDir: node.confDir,
      executable,
      keys: readFileSync(keys, 'utf8'),
      mode: undefined,
      node: undefined,
      log: undefined,
    })

  it('looks once more before it takes a plugin in, and before it puts a stand-in where there was none', () => {
    const node = newNode()
    const late = '#!/bin/sh\necho late\n'
    const plans = [planHere(node), planHere(node)]
    for (const name of ['tap', 'bond']) writeFileSync(join(node.binDir, name), late, { mode: 0o755 })
    for (const plan of plans) runSteps(plan, false, () => {})
    for (const name of ['vlan', 'bridge', 'macvlan', 'tap', 'bond'])
      expect(String(spawnSync(join(node.binDir, 'socni.d', name)).stdout)).toMatch(
        name === 'tap' || name === 'bond' ? /^late$/m : `/socni.d/${name}`,
      )
    expect(readFileSync(join(node.binDir, 'tap'), 'utf8')).toBe(standIn(node.binDir))
    expect(run(node, 'install').stdout).toBe('nothing to do\n')
  })

  it('waits for another installer, and says so when that one does not end', async () => {
    const node = newNode()
    const holder = spawn('flock', [node.binDir, 'sh', '-c', 'echo; exec sleep 1'])
    const ended = once(holder, 'exit')
    await once(holder.stdout, 'data')
    const before = snapshot(node.root)
    const tryNever = () => false
    expect(() => runAlone([node.binDir], tryNever, () => {}, 50)).toThrow(
      `another installer has been at work in ${node.binDir} for 0.05 seconds: nothing was changed`,
    )
    expect(run(node, 'install', '--keys', keys, '--dry-run').exit).toBe(0)
    expect(snapshot(node.root)).toEqual(before)
    expect(run(node, 'install', '--keys', keys)).toMatchObject({ exit: 0, stderr: '' })
    await ended
    // Both ways of asking for the lock mean the same one.
    const other = spawn('flock', [node.binDir, 'sh', '-c', 'echo; exec sleep 1'])
    const otherEnded = once(other, 'exit').then(() => Date.now())
    await once(other.stdout, 'data')
    const flags = ['--config-dir', node.confDir, '--bin-dir', node.binDir]
    expect((await ctl(['uninstall', ...flags, '--yes'])).exit).toBe(0)
    expect(Date.now()).toBeGreaterThanOrEqual((await otherEnded) - 50)
  })

  it('waits as long where the clock is set meanwhile', () => {
    const node = newNode()
    let hour = 0
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => hour++ * 3_600_000)
    const tryLater = vi.fn(() => tryLater.mock.calls.length > 2)
    try {
      expect(runAlone([node.binDir], tryLater, () => 'done')).toBe('done')
    } finally {
      clock.mockRestore()
    }
  })

  it('says it loudly when a stand-in was set aside, and no plugin: unpack them again', () => {
    const node = newNode()
    run(node, 'install', '--keys', keys)
    const [file, aside] = [join(node.binDir, 'vlan'), join(node.binDir, 'socni.d/vlan')]
    cpSync(file, aside)
    const lost = `remove ${aside}, a stand-in for a plugin that is lost: unpack the CNI plugins of this node again\n`
    expect(run(node, 'install').stdout).toBe(lost)
    expect(JSON.parse(callPlugin(file, 'STATUS', node.binDir).stdout)).toMatchObject({
      msg: 'the real plugin "vlan" is not on this node: install it, and then the guard again',
    })
    cpSync(file, aside)
    expect(run(node, 'uninstall').stdout).toContain(lost.replace(aside, file))
    expect(existsSync(file)).toBe(false)
  })

  it('takes no empty file for a plugin, as a power failure may leave one, and puts the guard there again', () => {
    const node = newNode()
    run(node, 'install', '--keys', keys)
    const real = readFileSync(join(node.binDir, 'socni.d/vlan'), 'utf8')
    for (const name of ['vlan', 'tap']) writeFileSync(join(node.binDir, name), '')
    // What was emptied this moment somebody may be copying a plugin to.
    expect(run(node, 'install').stdout).toBe('nothing to do\n')
    for (const name of ['vlan', 'tap']) utimesSync(join(node.binDir, name), 1, 1)
    expect(run(node, 'install').stdout).toBe(
      `put the guard in the place of empty files in ${node.binDir}: vlan, tap\n`,
    )
    for (const name of ['vlan', 'tap'])
      expect(readFileSync(join(node.binDir, name), 'utf8')).toBe(standIn(node.binDir))
    expect(readFileSync(join(node.binDir, 'socni.d/vlan'), 'utf8')).toBe(real)
    writeFileSync(join(node.binDir, 'vlan'), '')
    run(node, 'uninstall')
    expect(readFileSync(join(node.binDir, 'vlan'), 'utf8')).toBe(real)
  })

  it('leads stand-ins to itself again when their directory was moved', () => {
    const node = newNode()
    run(node, 'install', '--keys', keys)
    const moved = { ...node, binDir: join(node.root, 'moved') }
    renameSync(node.binDir, moved.binDir)
    expect(run(moved, 'install').stdout).toContain(
      `lead to the guard in ${moved.binDir} what led to another place: vlan, `,
    )
    expect(callPlugin(join(moved.binDir, 'vlan'), 'DEL', moved.binDir).stdout).toContain('/socni.d/vlan DEL')
    // By another name of the same directory they lead there as well.
    const alias = { ...node, binDir: join(node.root, 'alias') }
    symlinkSync(moved.binDir, alias.binDir)
    expect(run(alias, 'install').stdout).not.toContain('another place')
  })

  it('puts a plugin back also where its stand-in was deleted', () => {
    const node = newNode()
    const before = snapshot(node.binDir)
    run(node, 'install', '--keys', keys)
    for (const name of ['vlan', 'bridge', 'tap']) rmSync(join(node.binDir, name))
    expect(run(node, 'uninstall').exit).toBe(0)
    expect(snapshot(node.binDir)).toEqual(before)
  })

  it('only says what it would do, with --dry-run', () => {
    const node = newNode()
    const before = snapshot(node.root)
    const { stdout } = run(node, 'install', '--keys', keys, '--dry-run')
    expect(stdout.split('\n').filter(line => line.startsWith('would '))).toHaveLength(11)
    expect(snapshot(node.root)).toEqual(before)
  })

  it('takes in the plugin that an upgrade has put back, and keeps that one', () => {
    const node = newNode()
    run(node, 'install', '--keys', keys)
    const file = join(node.binDir, 'vlan')
    rmSync(file)
    writeFileSync(file, '#!/bin/sh\necho new\n', { mode: 0o755 })
    expect(run(node, 'install').stdout).toBe(`put the guard in the place of ${file}\n`)
    expect(String(spawnSync(join(node.binDir, 'socni.d/vlan')).stdout)).toBe('new\n')
    run(node, 'uninstall')
    expect(String(spawnSync(file).stdout)).toBe('new\n')
  })

  const startWatcher = (node: ReturnType<typeof newNode>, ...args: string[]) =>
    spawn(executable, [...args, '--watch'], {
      env: { CNI_BIN_DIR: node.binDir, CNI_CONF_DIR: node.confDir },
      stdio: ['ignore', 'pipe', 'pipe'],
    })

  it('stays when it was taken off and is told to, as the pod of a DaemonSet must', async () => {
    const node = newNode()
    const before = snapshot(node.binDir)
    run(node, 'install', '--keys', keys)
    const watcher = startWatcher(node, 'uninstall')
    try {
      let said = ''
      watcher.stdout.on('data', text => {
        said += text
      })
      while (!said.includes(`remove ${join(node.confDir, 'socni.d')}`)) await once(watcher.stdout, 'data')
      expect(snapshot(node.binDir)).toEqual(before)
      // Longer than it takes an installer that does not stay to end.
      await new Promise(resolve => setTimeout(resolve, 500))
      expect(watcher.exitCode).toBeNull()
    } finally {
      const ended = once(watcher, 'exit')
      watcher.kill()
      // By itself: as the first process of a container no signal ends it, and its pod would take thirty seconds to go.
      expect(await ended).toEqual([0, null])
    }
  })

  // Those that watch look every five seconds: they wait side by side.
  it.concurrent('watches, and puts the guard back by itself', async () => {
    const node = newNode()
    const watcher = startWatcher(node, 'install', '--keys', keys)
    try {
      let said = ''
      watcher.stdout.on('data', text => {
        said += text
      })
      while (!said.includes('macvlan')) await once(watcher.stdout, 'data')
      const file = join(node.binDir, 'vlan')
      rmSync(file)
      cpSync(join(node.binDir, 'loopback'), file)
      said = ''
      while (!said.includes('/vlan')) await once(watcher.stdout, 'data')
      expect(readFileSync(file, 'utf8')).toBe(standIn(node.binDir))
    } finally {
      const ended = once(watcher, 'exit')
      watcher.kill()
      await ended
    }
  })

  it.concurrent('brings revocations to a node that has it, and repairs it, whatever is wrong with the facts', async () => {
    const node = newNode()
    expect(run(node, 'install', '--keys', keys).exit).toBe(0)
    const [facts, revocations] = [join(node.root, 'facts.json'), join(node.root, 'revocations.json')]
    const flags = ['--keys', keys, '--facts', facts, '--revocations', revocations]
    const revoke = (notBefore: number) =>
      writeFileSync(
        revocations,
        JSON.stringify({ revocations: [{ tenant: 'finance', vlans: '100', notBefore }] }),
      )
    const wrong = 'a "podCIDRs" that is not a list'
    const brought = `write ${join(node.confDir, 'socni.d/revocations.json')}\n`
    revoke(1)
    writeFileSync(facts, '{"podCIDRs": 7}')
    // What starts has done the rest, and ends, so that a rollout sees it.
    const settings = join(node.confDir, 'socni.d/guard.json')
    expect(run(node, 'install', '--watch', '--mode', 'audit', ...flags)).toMatchObject({
      exit: 3,
      stdout: `${brought}write ${settings} (audit)\n`,
      stderr: expect.stringContaining(wrong),
    })
    revoke(4)
    const keyless = flags.with(1, join(node.root, 'nowhere.json'))
    expect(run(node, 'install', '--watch', '--mode', 'enforce', ...keyless)).toMatchObject({
      exit: 3,
      stdout: `${brought}write ${settings} (enforce)\n`,
      stderr: expect.stringContaining('nowhere.json'),
    })
    const bare = newNode()
    expect(run(bare, 'install', '--watch', ...flags)).toMatchObject({ exit: 3, stdout: '' })

    revoke(2)
    writeFileSync(facts, '{}')
    const watcher = startWatcher(node, 'install', ...flags)
    let [said, complaint] = ['', '']
    try {
      watcher.stdout?.on('data', text => {
        said += text
      })
      watcher.stderr?.on('data', text => {
        complaint += text
      })
      while (!said.includes(brought)) await once(watcher.stdout, 'data')
      said = ''
      revoke(3)
      writeFileSync(facts, '{"podCIDRs": 7}')
      rmSync(join(node.binDir, 'vlan'))
      cpSync(join(node.binDir, 'loopback'), join(node.binDir, 'vlan'))
      // Not always in one round: it may read the revocations while they are written.
      while (!said.includes('/vlan') || !said.includes(brought) || !complaint.includes(wrong))
        await Promise.race([once(watcher.stdout, 'data'), once(watcher.stderr, 'data')])
      expect(watcher.exitCode).toBeNull()
    } finally {
      const ended = once(watcher, 'exit')
      watcher.kill()
      await ended
    }
  })

  it('brings keys and revocations again when they change, as the DaemonSet mounts them', () => {
    const node = newNode()
    const revocations = join(node.root, 'revocations.json')
    const flags = ['install', '--keys', keys, '--revocations', revocations, '--node', 'node-1']
    const env = { CNI_BIN_DIR: node.binDir, CNI_CONF_DIR: node.confDir }
    const install = () => spawnSync(executable, flags, { env, encoding: 'utf8' })
    // Nothing was revoked yet, so there is no such key in the ConfigMap.
    expect(install()).toMatchObject({ status: 0, stderr: '' })
    const text = '{"revocations": [{"tenant": "finance", "vlans": "100", "notBefore": 1}]}'
    writeFileSync(revocations, text)
    expect(install().stdout).toBe(`write ${join(node.confDir, 'socni.d/revocations.json')}\n`)
    expect(readFileSync(join(node.confDir, 'socni.d/revocations.json'), 'utf8')).toBe(text)
    expect(install().stdout).toBe('nothing to do\n')
    writeFileSync(revocations, '{}')
    expect(install()).toMatchObject({
      status: 3,
      stderr: 'socni: "revocations" is not a list: write one, [] for none\n',
    })
    expect(readFileSync(join(node.confDir, 'socni.d/revocations.json'), 'utf8')).toBe(text)
  })

  it('replaces another version, also one of the same length and time', () => {
    const node = newNode()
    expect(run(node, 'install', '--keys', keys).exit).toBe(0)
    const guard = join(node.binDir, 'socni.d/socni')
    const { atime, mtime } = statSync(executable)
    const bytes = readFileSync(guard)
    // The last byte of all, behind a hundred megabytes that are the same.
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1)
    writeFileSync(guard, bytes)
    utimesSync(guard, atime, mtime)
    expect(run(node, 'install').stdout).toBe(`copy the guard to ${guard}\n`)
    expect(readFileSync(guard).equals(readFileSync(executable))).toBe(true)
    expect(run(node, 'install').stdout).toBe('nothing to do\n')
  })

  it('takes over what the cluster says, and leaves the rest of guard.json to who wrote it', () => {
    const node = newNode()
    const facts = join(node.root, 'facts.json')
    const install = () => run(node, 'install', '--keys', keys, '--facts', facts)
    // The cluster has published none yet.
    expect(install()).toMatchObject({ exit: 0, stderr: '' })
    const file = join(node.confDir, 'socni.d/guard.json')
    const settings = () => JSON.parse(readFileSync(file, 'utf8'))
    writeFileSync(file, JSON.stringify({ ...settings(), clusterBridges: ['br0'], primaryInterface: 'eth7' }))
    const cluster = defaultCluster
    const told = { ...cluster, primaryInterface: 'ens18', interfaces: { a: { parent: 'ens18', vlan: 7 } } }
    writeFileSync(facts, nodeFacts(told))
    expect(install().stdout).toBe(`write ${file} (enforce)\n`)
    expect(settings()).toMatchObject({
      clusterBridges: ['br0'],
      primaryInterface: 'ens18',
      interfaces: told.interfaces,
      exemptNamespaces: cluster.exemptNamespaces,
    })
    expect(install().stdout).toBe('nothing to do\n')
    for (const [text, message] of [
      ['[', 'no JSON object'],
      ['{"interfaces": {"a": 7}}', 'a "interfaces.a" that is not {"parent", "vlan"}'],
      ['{"podCIDRs": ["10.42"]}', 'a "podCIDRs" that is not a list of prefixes like "10.42.0.0/16"'],
    ]) {
      writeFileSync(facts, text ?? '')
      expect(install()).toMatchObject({ exit: 3, stderr: expect.stringContaining(message ?? '') })
      expect(settings().primaryInterface).toBe('ens18')
    }
    writeFileSync(facts, '{"mode": "audit", "primaryInterface": "ens19", "newer": 1}')
    expect(install().stdout).toBe(
      `write ${file} (enforce; "mode" is no fact that this version knows, and is left out; "newer" is no fact that this version knows, and is left out)\n`,
    )
    expect(settings()).toMatchObject({ mode: 'enforce', primaryInterface: 'ens19' })
    expect(settings()).not.toHaveProperty('newer')
  })

  it.each<[what: string, files: Record<string, object>, fields: object]>([
    ['that of K3s', { '10-flannel.conflist': flannel({ hairpinMode: true }) }, {}],
    [
      'that of CRI-O, behind Multus and loopback',
      {
        '00-multus.conf': { cniVersion: '0.3.1', name: 'multus-cni-network', type: 'multus-shim' },
        '01-loopback.conf': { cniVersion: '1.0.0', name: 'lo', type: 'loopback' },
        '11-crio.conflist': {
          cniVersion: '1.0.0',
          name: 'crio',
          plugins: [{ type: 'bridge', bridge: 'cni0' }],
        },
        '99-other.conflist': {
          cniVersion: '1.0.0',
          name: 'other',
          plugins: [{ type: 'bridge', bridge: 'lab' }],
        },
      },
      { clusterNetworks: ['cbr0', 'crio'], clusterBridges: ['cni0'] },
    ],
    [
      'that of kube-router in k0s',
      {
        '10-kuberouter.conflist': {
          cniVersion: '1.0.0',
          name: 'mynet',
          plugins: [{ type: 'bridge', bridge: 'kube-bridge' }, { type: 'portmap' }],
        },
      },
      { clusterNetworks: ['cbr0', 'mynet'], clusterBridges: ['cni0', 'kube-bridge'] },
    ],
    [
      'Flannel with another bridge',
      { '10-flannel.conflist': flannel({ bridge: 'flannel0' }) },
      { clusterNetworks: ['cbr0'], clusterBridges: ['cni0', 'flannel0'] },
    ],
    [
      'that of Calico',
      {
        '10-calico.conflist': { cniVersion: '1.0.0', name: 'k8s-pod-network', plugins: [{ type: 'calico' }] },
      },
      {},
    ],
    ['none that can be read', { '10-broken.conflist': { plugins: 1 } }, {}],
  ])("knows the cluster's own network: %s", (_, files, fields) => {
    const node = newNode()
    rmSync(join(node.confDir, '10-flannel.conflist'))
    for (const [name, content] of Object.entries(files))
      writeFileSync(join(node.confDir, name), JSON.stringify(content))
    expect(run(node, 'install', '--keys', keys)).toMatchObject({ exit: 0, stderr: '' })
    const settings = JSON.parse(readFileSync(join(node.confDir, 'socni.d/guard.json'), 'utf8'))
    expect(settings).toEqual({ mode: 'enforce', log: '/var/log/socni-cni.log', ...fields })
    expect(run(node, 'install').stdout).toBe('nothing to do\n')
  })

  it('does not refuse the whole cluster its own network', () => {
    const node = newNode()
    const config = { cniVersion: '1.0.0', name: 'flat', type: 'macvlan', master: 'eth0' }
    writeFileSync(join(node.confDir, '05-flat.conf'), JSON.stringify(config))
    const before = snapshot(node.root)
    expect(run(node, 'install', '--keys', keys)).toMatchObject({
      exit: 3,
      stderr: expect.stringContaining(
        'own network "flat" is of type "macvlan", which the guard would refuse to every pod',
      ),
    })
    expect(snapshot(node.root)).toEqual(before)
    expect(run(node, 'install', '--mode', 'audit').exit).toBe(0)
  })

  it('never leaves a moment without a plugin that answers', async () => {
    const node = newNode()
    run(node, 'install', '--keys', keys)
    const file = join(node.binDir, 'bridge')
    // Counts calls of bridge that could not be run at all, while it is replaced and put back.
    const script = `failed=0; calls=0; while [ ! -e "$1/stop" ]; do calls=$((calls + 1)); CNI_COMMAND=VERSION "$1/bridge" </dev/null >/dev/null 2>&1; [ $? -lt 126 ] || failed=$((failed + 1)); done; echo "$calls $failed"`
    const caller = spawn('sh', ['-c', script, 'sh', node.binDir], {
      // The plugins here are scripts: a shell that has begun with one may read the launcher, and write what it takes for files.
      cwd: node.root,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let counted = ''
    caller.stdout.on('data', text => {
      counted += text
    })
    for (let round = 0; round < 10; round++) {
      const back = join(node.binDir, '.back')
      symlinkSync('cni', back)
      spawnSync('mv', ['-T', back, file])
      run(node, 'install')
    }
    writeFileSync(join(node.binDir, 'stop'), '')
    await once(caller, 'close')
    const [calls, failed] = counted.trim().split(' ').map(Number)
    expect(calls).toBeGreaterThan(10)
    expect(failed).toBe(0)
  })

  it.each<[what: string, args: string[], said: string, code?: number]>([
    ['no keys', ['install'], 'would refuse every VLAN: add --keys FILE'],
    ['keys that are none', ['install', '--keys', import.meta.filename], ''],
    ['keys that are not there', ['install', '--keys', '/nowhere'], '/nowhere'],
    ['an unknown mode', ['install', '--mode', 'off'], 'use enforce or audit'],
    ['an unknown option', ['install', '--kyes', 'x'], '--kyes', 2],
  ])('does nothing and says why, with %s', (_, args, said, code = 3) => {
    const node = newNode()
    const before = snapshot(node.root)
    const { exit, stderr } = run(node, ...args)
    expect([exit, stderr.split('\n').length]).toEqual([code, 2])
    expect(stderr).toContain(said)
    expect(snapshot(node.root)).toEqual(before)
  })

  it('needs no keys to begin with an audit, and keeps what an administrator configured', () => {
    const node = newNode()
    expect(run(node, 'install', '--mode', 'audit').exit).toBe(0)
    const file = join(node.confDir, 'socni.d/guard.json')
    writeFileSync(
      file,
      JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), clusterNetworks: ['mine'] }),
    )
    expect(run(node, 'install', '--node', 'n1').exit).toBe(0)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      mode: 'audit',
      node: 'n1',
      clusterNetworks: ['mine'],
    })
  })
})

describe('socni-ctl install', () => {
  it('does the same, with the keys of the webhook beside it', async () => {
    const node = newNode()
    const before = snapshot(node.root)
    const flags = ['--config-dir', node.confDir, '--bin-dir', node.binDir]
    const at = { directory: scratch }
    expect((await ctl(['keys', 'generate'], at)).exit).toBe(0)
    const planned = await ctl(['install', ...flags, '--dry-run'], at)
    expect([planned.exit, snapshot(node.root)]).toEqual([0, before])
    const installed = await ctl(['install', ...flags], at)
    expect(installed.stdout).toBe(planned.stdout.replace(/^would /gm, ''))
    const facts = join(node.root, 'facts.json')
    writeFileSync(facts, nodeFacts({ ...defaultCluster, primaryInterface: 'ens18' }))
    expect((await ctl(['install', ...flags, '--facts', facts], at)).exit).toBe(0)
    const settings = readFileSync(join(node.confDir, 'socni.d/guard.json'), 'utf8')
    expect(JSON.parse(settings).primaryInterface).toBe('ens18')
    writeFileSync(facts, '[]')
    expect(await ctl(['install', ...flags, '--facts', facts], at)).toMatchObject({
      exit: 3,
      stderr: expect.stringContaining('no JSON object'),
    })
    rmSync(facts)
    expect((await ctl(['uninstall', ...flags], at)).exit).toBe(2)
    expect((await ctl(['uninstall', ...flags, '--yes'], at)).exit).toBe(0)
    expect(snapshot(node.root)).toEqual(before)
  })

  it('finds K3s by its files below a root', async () => {
    const root = join(scratch, 'k3s')
    const [bin, conf] = ['var/lib/rancher/k3s/data/cni', 'var/lib/rancher/k3s/agent/etc/cni/net.d'].map(
      path => join(root, path),
    )
    for (const directory of [bin, conf]) mkdirSync(String(directory), { recursive: true })
    writeFileSync(join(String(bin), 'bridge'), '#!', { mode: 0o755 })
    const { exit, stdout } = await ctl(['install', '--root', root, '--mode', 'audit', '--dry-run'], {
      directory: tmpdir(),
    })
    expect([exit, stdout.includes(`in the place of ${bin}/bridge`)]).toEqual([0, true])
    // The node will see its directories where they are on its own disk.
    await ctl(['install', '--root', root, '--mode', 'audit'], { directory: tmpdir() })
    expect(readFileSync(join(String(bin), 'vlan'), 'utf8')).toBe(standIn('/var/lib/rancher/k3s/data/cni'))
    expect((await ctl(['install', '--root', scratch], { directory: tmpdir() })).stderr).toContain(
      'neither K3s',
    )
    // Multus looks there first: what is not taken is told, and nothing else.
    const named = ['install', '--root', root, '--mode', 'audit', '--bin-dir', '/var/lib/rancher/k3s/data/cni']
    expect((await ctl(named)).stderr).toBe('')
    mkdirSync(join(root, 'opt/cni/bin'), { recursive: true })
    for (const name of ['macvlan', 'host-local'])
      writeFileSync(join(root, 'opt/cni/bin', name), '#!', { mode: 0o755 })
    expect((await ctl(named)).stderr).toMatch(
      /^warning: macvlan in \/opt\/cni\/bin can be run past the guard/,
    )
    expect(await ctl(['install', '--root', root])).toMatchObject({ exit: 0, stderr: '' })
    expect(readFileSync(join(root, 'opt/cni/bin/macvlan'), 'utf8')).toBe(standIn('/opt/cni/bin'))
  })
})

describe('scripts/install-cni.sh', () => {
  it('installs where CNI_BIN_DIR and CNI_CONF_DIR say, as seed 000 exports them, and takes off again', () => {
    const node = newNode()
    const before = snapshot(node.root)
    const beside = mkdtempSync(join(tmpdir(), 'socni-beside-'))
    // The seed calls it from beside the checkout.
    symlinkSync(join(import.meta.dirname, '../..'), join(beside, 'socni'))
    const script = (...args: string[]) =>
      spawnSync('./socni/scripts/install-cni.sh', args, {
        cwd: beside,
        encoding: 'utf8',
        env: { PATH: '/usr/bin:/bin', CNI_BIN_DIR: node.binDir, CNI_CONF_DIR: node.confDir },
      })
    expect(script('--keys', keys)).toMatchObject({ status: 0, stderr: '' })
    expect(readFileSync(join(node.binDir, 'vlan'), 'utf8')).toBe(standIn(node.binDir))
    expect(script('uninstall')).toMatchObject({ status: 0, stderr: '' })
    expect(snapshot(node.root)).toEqual(before)
    rmSync(beside, { recursive: true })
  })
})
