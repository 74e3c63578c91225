import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')

/** Why images cannot be built here, if so: by root for amd64, with mmdebstrap for what they start from. */
export const imageObstacle = findObstacle()

function findObstacle(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root builds images'
  if (process.arch !== 'x64') return 'they are built for amd64'
  const missing = ['buildah', 'mmdebstrap'].find(program => spawnSync(program, ['--version']).status !== 0)
  return missing && `${missing} is missing`
}

/** How a container is started, as far as a pod says it. */
export interface Container {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Who it runs as, where the image does not say it. */
  readonly user: number
  /** Directories of this machine, by where the container has them. */
  readonly volumes: Readonly<Record<string, string>>
}

/**
 * Builds the images from their Dockerfiles. What those start from is in registries that are not asked here, so it is made
 * anew from the packages that it consists of: Debian's, and the Node of this project.
 */
export class Images implements Disposable {
  readonly #directory = mkdtempSync(join(tmpdir(), 'socni-images-'))
  readonly #buildah = [
    ...['--root', join(this.#directory, 'images'), '--runroot', join(this.#directory, 'run')],
    ...['--storage-driver', 'vfs'],
  ]

  /** Builds an image from images/ on what is here. */
  build(name: 'webhook' | 'guard'): void {
    const ignored = join(root, '.dockerignore')
    const file = join(root, 'images', `${name}.Dockerfile`)
    const platform = ['--build-arg=BUILDPLATFORM=linux/amd64', '--build-arg=TARGETARCH=amd64']
    this.#run('build', '--network=host', `--ignorefile=${ignored}`, ...platform, '-t', name, '-f', file, root)
  }

  /** The images that the Dockerfiles name: distroless, which is Debian's packages without Debian, and that of Node. */
  makeBases(): void {
    const packages = 'base-files,ca-certificates,libc6,libgcc-s1,libstdc++6,netbase,tzdata'
    const distroless = this.#unpack('distroless', '--variant=extract', `--include=${packages}`)
    this.#base('gcr.io/distroless/base-nossl-debian12', distroless, '')
    mkdirSync(join(distroless, 'nodejs/bin'), { recursive: true })
    copyFileSync(process.execPath, join(distroless, 'nodejs/bin/node'))
    this.#base('gcr.io/distroless/nodejs24-debian12:nonroot', distroless, 'USER 65532')

    const debian = this.#unpack('debian', '--variant=minbase', '--include=ca-certificates')
    copyFileSync(process.execPath, join(debian, 'usr/local/bin/node'))
    const npm = execFileSync('npm', ['root', '-g'], { encoding: 'utf8' }).trim()
    execFileSync('cp', ['-RL', join(npm, 'npm'), join(debian, 'usr/local/lib/npm')])
    symlinkSync('../lib/npm/bin/npm-cli.js', join(debian, 'usr/local/bin/npm'))
    // Packages may come through a proxy, whom this machine trusts.
    const authorities = process.env.NODE_EXTRA_CA_CERTS
    if (authorities !== undefined) copyFileSync(authorities, join(debian, 'authorities.crt'))
    const trust = authorities === undefined ? '' : 'ENV NODE_EXTRA_CA_CERTS=/authorities.crt'
    this.#base('docker.io/library/node:24-bookworm-slim', debian, trust)
  }

  /** Starts what the image starts. */
  start(name: 'webhook' | 'guard', { args, env, user, volumes }: Container, log: number): ChildProcess {
    const id = this.#run('from', name).trim()
    const { config } = JSON.parse(this.#run('inspect', id)).OCIv1
    const flags = [
      ...['--network=host', '--isolation=chroot', `--user=${config.User ?? user}`],
      ...Object.entries(env).map(([key, value]) => `--env=${key}=${value}`),
      ...Object.entries(volumes).map(([inside, outside]) => `--volume=${outside}:${inside}`),
    ]
    const command = ['run', ...flags, id, '--', ...config.Entrypoint, ...args]
    return spawn('buildah', [...this.#buildah, ...command], { stdio: ['ignore', log, log] })
  }

  [Symbol.dispose](): void {
    rmSync(this.#directory, { recursive: true, force: true })
  }

  #run(...args: readonly string[]): string {
    return execFileSync('buildah', [...this.#buildah, ...args], {
      encoding: 'utf8',
      stdio: 'pipe',
      env: { ...process.env, BUILDAH_ISOLATION: 'chroot' },
    })
  }

  /** A directory with packages of Debian in it. */
  #unpack(name: string, ...args: readonly string[]): string {
    const directory = join(this.#directory, name)
    execFileSync('mmdebstrap', [...args, '--format=directory', 'bookworm', directory], { stdio: 'pipe' })
    rmSync(join(directory, 'dev'), { recursive: true, force: true })
    return directory
  }

  #base(tag: string, directory: string, line: string): void {
    const file = join(this.#directory, 'Dockerfile')
    writeFileSync(file, `FROM scratch\nCOPY . /\n${line}\n`)
    this.#run('build', '-t', tag, '-f', file, directory)
  }
}
