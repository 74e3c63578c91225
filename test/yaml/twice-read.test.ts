import { describe, expect, it } from 'vitest'
import { readLocated } from '../../src/yaml/document.ts'
import { manifestsTwiceRead } from './twice-read.ts'

describe('a manifest that readers of YAML take for several things', () => {
  it.each(manifestsTwiceRead)('with $what is what kubectl has, or refused', ({ text, kubectl, ours }) => {
    const { manifests, problems } = readLocated(text)
    if (ours instanceof RegExp) {
      expect(problems.map(({ message }) => message)).toEqual(
        expect.arrayContaining([expect.stringMatching(ours)]),
      )
      return
    }
    expect(problems).toEqual([])
    const networks = manifests.map(
      ({ manifest }) => manifest.metadata.annotations?.['k8s.v1.cni.cncf.io/networks'] ?? null,
    )
    expect(networks).toEqual(ours)
    // What kubectl refuses nobody applies.
    if (kubectl.length > 0) expect(ours).toEqual(kubectl)
  })

  it('is left alone where no kubectl reads it: pipelines write << behind other keys', () => {
    const text = 'job: &job {stage: build}\nother: {stage: test, <<: *job}\n'
    expect(readLocated(text).problems).toMatchObject([{ problem: 'foreign' }])
  })
})
