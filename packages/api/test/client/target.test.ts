import { describe, expect, it } from 'vitest'
import { requestTarget } from '../../src/client/target.ts'
import { containerInspect } from '../../src/endpoints/container-inspect.ts'
import { containerList } from '../../src/endpoints/container-list.ts'
import { imageInspect } from '../../src/endpoints/image-inspect.ts'
import { imageSaveMany } from '../../src/endpoints/image-save-many.ts'

describe('the target of a request', () => {
  it.each([
    [containerInspect, { id: 'a b/c' }, {}, '/containers/a%20b%2Fc/json'],
    [imageInspect, { name: '127.0.0.1:5000/a/b@sha256:0' }, {}, '/images/127.0.0.1%3A5000/a/b%40sha256%3A0/json'],
    [containerList, {}, { all: true, size: false, limit: undefined }, '/containers/json?all=1&size=0'],
    [containerList, {}, { filters: { label: ['a=b'] } }, '/containers/json?filters=%7B%22label%22%3A%5B%22a%3Db%22%5D%7D'],
    [containerList, {}, { filters: {} }, '/containers/json'],
    [imageSaveMany, {}, { names: ['a', 'b:c'] }, '/images/get?names=a&names=b%3Ac'],
  ])('%o', (endpoint, params, query, target) => {
    expect(requestTarget(endpoint, params, query)).toBe(target)
  })

  it('wants every part of the path, and no query that there is not', () => {
    expect(() => requestTarget(containerInspect, { id: '' })).toThrow(TypeError)
    expect(() => requestTarget(containerList, {}, { nonsense: 1 })).toThrow(TypeError)
  })
})
