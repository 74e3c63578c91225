import { describe, expect, it } from 'vitest'
import { distance } from '../../src/json/distance.ts'

describe('the distance of two words', () => {
  it.each([
    ['', '', 0],
    ['', 'ipam', 4],
    ['ipam', 'ipam', 0],
    ['ipma', 'ipam', 2],
    ['rnge', 'range', 1],
    ['kitten', 'sitting', 3],
    ['Tennant', 'Tenant', 1],
  ])('%j and %j: %d', (one, other, letters) => {
    expect([distance(one, other), distance(other, one)]).toEqual([letters, letters])
  })
})
