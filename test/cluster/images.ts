import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fetchPackage } from '../../scripts/fetch-package.ts'

const root = join(import.meta.dirname, '../..')

/** Why images cannot be built here, if so: by root for amd64, with mmdebstrap for what they start from. */
export const imageObstacle = findObstacle()

function findObstacle(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root builds images'
  if (process.arch !== 'x64') return 'they are built for amd64'
  const missing = ['buildah', 'mmdebstrap'].find(program => spawnSync(program, ['--version']).status !== 0)
  return missing && `${missing} is missing`
}

/** How Debian, Go and container images call a machine. */
export type Architecture = 'amd64' | 'arm64'

/**
 * Builds the images from their Dockerfiles, for this machine or another one. What those start from is in registries that are not asked here, so it is made
 * anew from the packages that it consists of: Debian's, and the Node of this project.
 */
export class Images implements Disposable {
  readonly #architecture: Architecture
  readonly #directory = mkdtempSync(join(tmpdir(), 'socni-images-'))
  readonly #buildah = [
    ...['--root', join(this.#directory, 'images'), '--runroot', join(this.#directory, 'run')],
    ...['--storage-driver', 'vfs'],
  ]

  constructor(architecture: Architecture = 'amd64') {
    this.#architecture = architecture
  }

  /**
   * Builds an image from images/ on what is here. The buildah of Debian 12 takes the platform of one stage for those
   * behind it too, so that what it builds with is called by the other machine's name; it runs here all the same.
   */
  build(name: 'webhook' | 'guard'): void {
    const ignored = join(root, '.dockerignore')
    const file = join(root, 'images', `${name}.Dockerfile`)
    const platform = `linux/${this.#architecture}`
    const args = [
      `--ignorefile=${ignored}`,
      `--build-arg=BUILDPLATFORM=${platform}`,
      `--platform=${platform}`,
    ]
    this.#run('build', '--pull=never', '--network=host', ...args, '-t', name, '-f', file, root)
  }

  /** The images that the Dockerfiles name: distroless, which is Debian's packages without Debian, and that of Node. */
  makeBases(): void {
    const packages = 'base-files,ca-certificates,libc6,libgcc-s1,libstdc++6,netbase,tzdata'
    const architecture = `--architectures=${this.#architecture}`
    const distroless = this.#unpack('distroless', '--variant=extract', architecture, `--include=${packages}`)
    this.#base('gcr.io/distroless/base-nossl-debian12', distroless, '')
    mkdirSync(join(distroless, 'nodejs/bin'), { recursive: true })
    copyFileSync(nodeFor(this.#architecture), join(distroless, 'nodejs/bin/node'))
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

  /** An image of programs that need nothing else, each at a path. */
  assemble(name: string, programs: Readonly<Record<string, string>>, entrypoint: string): void {
    const directory = join(this.#directory, `${name}-files`)
    copyTo(directory, programs)
    this.#base(name, directory, `ENTRYPOINT ["${entrypoint}"]`)
  }

  /** An image of programs and shell scripts, with a shell and what scripts call. */
  assembleWithShell(name: string, programs: Readonly<Record<string, string>>): void {
    const directory = this.#unpack(name, '--variant=extract', '--include=bash,coreutils,sed,mawk')
    symlinkSync('bash', join(directory, 'bin/sh'))
    symlinkSync('mawk', join(directory, 'usr/bin/awk'))
    copyTo(directory, programs)
    for (const path of Object.keys(programs)) chmodSync(join(directory, path), 0o755)
    this.#base(name, directory, 'ENV PATH=/usr/bin:/bin')
  }

  /** The directory of an image's files, and how it is run. */
  open(name: string): { directory: string; entrypoint: string[]; user: string; workingDirectory: string } {
    const { OCIv1 } = JSON.parse(this.#run('inspect', '--type=image', name))
    const container = this.#run('from', '--pull-never', `--arch=${this.#architecture}`, name).trim()
    return {
      directory: this.#run('mount', container).trim(),
      entrypoint: OCIv1.config.Entrypoint,
      user: OCIv1.config.User ?? '0',
      workingDirectory: OCIv1.config.WorkingDir ?? '/',
    }
  }

  /** Writes an image to an archive, under the name by which manifests ask for it. */
  save(name: string, reference: string): string {
    const archive = join(this.#directory, `${name}.tar`)
    this.#run('push', name, `docker-archive:${archive}:${reference}`)
    return archive
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
    this.#run('build', `--platform=linux/${this.#architecture}`, '-t', tag, '-f', file, directory)
  }
}

/** The Node of this project; for another machine out of its npm package. */
function nodeFor(architecture: Architecture): string {
  if (architecture === 'amd64') return process.execPath
  return join(fetchPackage(`node-linux-${architecture}`, process.versions.node), 'bin/node')
}

function copyTo(directory: string, programs: Readonly<Record<string, string>>): void {
  for (const [path, file] of Object.entries(programs)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true })
    copyFileSync(file, join(directory, path))
  }
}
