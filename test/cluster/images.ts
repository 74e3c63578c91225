import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const root = join(import.meta.dirname, '../..')

/** Why images cannot be built here, if so: by root for amd64, with mmdebstrap for what they start from. */
export const imageObstacle = findObstacle()

function findObstacle(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root builds images'
  if (process.arch !== 'x64') return 'they are built for amd64'
  const missing = ['buildah', 'mmdebstrap'].find(program => spawnSync(program, ['--version']).status !== 0)
  return missing && `${missing} is missing`
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
    this.#run('build', '-t', tag, '-f', file, directory)
  }
}

function copyTo(directory: string, programs: Readonly<Record<string, string>>): void {
  for (const [path, file] of Object.entries(programs)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true })
    copyFileSync(file, join(directory, path))
  }
}
