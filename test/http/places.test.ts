import { expect } from 'vitest'
import { test } from '../support/edge.ts'

test('places are found by the beginning of a word, without their marks, the largest first', async ({
  edge,
}) => {
  const author = await edge.caller({ roles: ['author'] })
  const found = async (query: string) => {
    const { status, body } = await author.call('GET', `/v1/places?${query}`)
    expect(status).toBe(200)
    return (body.items as { name: string }[]).map(({ name }) => name)
  }
  expect((await found('q=los+ang'))[0]).toBe('Los Angeles')
  expect(await found('q=dona+ana')).toContain('Doña Ana')
  // Its letters stand in the midst of another word before: Amarante.
  expect(await found('q=maran&longitude=-46.7&latitude=-5.6')).toContain('Amarante do Maranhão')
  // In the midst of a word it does not count: Houston has "ouston".
  expect(await found('q=ouston')).not.toContain('Houston')
})

test('near where one looks a village comes before a far city', async ({ edge }) => {
  const author = await edge.caller({ roles: ['author'] })
  const first = async (query: string) =>
    (await author.call('GET', `/v1/places?${query}&limit=1`)).body.items[0]
  expect(await first('q=paris')).toMatchObject({
    name: 'Paris',
    latitude: expect.closeTo(48.85, 1),
  })
  const texan = await first('q=paris&longitude=-96.8&latitude=32.8')
  expect(texan).toMatchObject({ name: 'Paris', latitude: expect.closeTo(33.66, 1) })
})

test('an empty name is refused, and who writes is told the drill word of each language', async ({
  edge,
}) => {
  const author = await edge.caller({ roles: ['author'] })
  expect((await author.call('GET', '/v1/places?q=%20')).status).toBe(400)
  const { body } = await author.call('GET', '/v1/desk')
  expect(body.drillWords).toContainEqual({
    language: 'en-US',
    exercise: 'EXERCISE',
    test: 'TEST',
  })
})
