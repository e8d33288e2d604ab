import { expect, test } from 'vitest'
import type { AlertContent } from '../../src/cap/content.ts'
import { letterOf } from '../../src/cap/letter.ts'

type Given = Parameters<typeof letterOf>[0]

const content = (
  info: Partial<AlertContent['info'][number]>,
  more: Partial<Given> = {},
): Given => ({
  status: 'Actual',
  roster: undefined,
  texts: [
    {
      no: 0,
      language: 'es-US',
      sms: 'INUNDACION. Suba ya.',
      expires: null,
      severity: 'Extreme',
      areaNos: [],
    },
  ],
  info: [{ event: 'Flash Flood Warning', ...info } as AlertContent['info'][number]],
  ...more,
})

test('a letter has the text as it is sent, and what CAP says beside it', () => {
  const letter = letterOf(
    content({
      headline: 'Inundación en el valle',
      description: 'El río sube.\nLa presa está llena.',
      instruction: 'Suba a un lugar alto.',
      web: 'https://county.example/flood',
    }),
    0,
  )
  expect(letter).toEqual({
    subject: 'Inundación en el valle',
    body:
      'INUNDACION. Suba ya.\n\nEl río sube.\nLa presa está llena.\n\n' +
      'Suba a un lugar alto.\n\nhttps://county.example/flood\n',
    language: 'es-US',
  })
})

test('without a headline the event is its subject, and nothing is said twice', () => {
  expect(letterOf(content({ description: 'INUNDACION. Suba ya.' }), 0)).toMatchObject({
    subject: 'Flash Flood Warning',
    body: 'INUNDACION. Suba ya.\n',
  })
})

test('a subject is one line, whatever the headline', () => {
  const { subject } = letterOf(content({ headline: 'Flood\r\nBcc: eve@people.example\tnow' }), 0)
  expect(subject).toBe('Flood Bcc: eve@people.example now')
})

test('of a drill the subject and each paragraph begin with the drill word', () => {
  const roster = {
    id: '0193e3a0-0000-7000-8000-000000000001',
    name: 'Staff',
    definitionDigest: '',
    count: 1,
  }
  const drill = content(
    { headline: 'Inundación', description: 'El río sube.', instruction: 'Suba.' },
    { status: 'Exercise', roster },
  )
  const { subject, body } = letterOf(drill, 0)
  expect(subject).toBe('EJERCICIO: Inundación')
  expect(body.trimEnd().split('\n\n')).toEqual([
    'EJERCICIO: INUNDACION. Suba ya.',
    'EJERCICIO: El río sube.',
    'EJERCICIO: Suba.',
  ])
  expect(() => letterOf({ ...drill, roster: undefined }, 0)).toThrow('roster')
})
