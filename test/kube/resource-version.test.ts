import { describe, expect, it } from 'vitest'
import { isAsNew } from '../../src/kube-api/resource-version.ts'

describe('a resourceVersion', () => {
  it.each<[version: string, other: string, is: boolean]>([
    ['7', '7', true],
    ['8', '7', true],
    ['7', '8', false],
    ['10', '9', true],
    ['9', '10', false],
    // Beyond what a number can tell apart.
    ['9007199254740993', '9007199254740992', true],
    ['9007199254740992', '9007199254740993', false],
    // Nothing was read yet, or the texts are another server's.
    ['', '1', false],
    ['abc', '1', false],
    ['1', 'abc', false],
    ['abc', 'abc', true],
    ['010', '9', false],
  ])('%j is as new as %j: %s', (version, other, is) => {
    expect(isAsNew(version, other)).toBe(is)
  })
})
