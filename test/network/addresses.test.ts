import { describe, expect, test } from 'vitest'
import { isAllowedAddress } from '../../src/network/addresses.ts'
import { mayBePrivate, urlFault } from '../../src/network/origin.ts'
import { HOSTILE_URLS } from './hostile-urls.ts'

describe('a URL that may be called', () => {
  test.each([
    'https://gateway.example/send?x=1',
    'https://gateway.example:443/',
    'https://gateway.example./',
    'https://8.8.8.8/',
    'https://[2606:4700::1111]/',
    'https://localhost.example/',
  ])('%s has no fault', url => {
    expect(urlFault(url, false)).toBeUndefined()
  })

  test.each(HOSTILE_URLS)('W10: %s has one', url => {
    expect(urlFault(url, false)).toMatch(/^must /)
  })

  test.each([
    'http://127.0.0.1:8080/',
    'http://[::1]:8080/',
    'http://10.0.0.1/',
    'https://[fd00::1]/',
    'http://localhost:8080/',
    'https://gateway.example:8443/',
  ])('%s has none where private hosts are allowed', url => {
    expect(urlFault(url, true)).toBeUndefined()
  })

  test.each([
    'http://169.254.169.254/',
    'http://[fe80::1]/',
    'http://0.0.0.0/',
    'http://[::ffff:7f00:1]/',
    'http://224.0.0.1/',
    'http://user@127.0.0.1/',
    'file:///etc/passwd',
    'gopher://127.0.0.1/',
  ])('%s has one even there', url => {
    expect(urlFault(url, true)).toMatch(/^must /)
  })
})

test('no fault says what the URL holds', () => {
  for (const url of ['https://user:secret@gateway.example/', 'https://10.0.0.1/?key=secret']) {
    expect(urlFault(url, false)).not.toMatch(/secret|gateway|10\.0/)
  }
})

test('an address is judged as the resolver writes it', () => {
  expect(isAllowedAddress('8.8.8.8', false)).toBe(true)
  expect(isAllowedAddress('127.0.0.1', false)).toBe(false)
  expect(isAllowedAddress('127.0.0.1', true)).toBe(true)
  expect(isAllowedAddress('fe80::1%eth0', true)).toBe(false)
  expect(isAllowedAddress('gateway.example', true)).toBe(false)
})

test('the configuration names the hosts that may be private', () => {
  const hosts = ['10.0.0.7', 'gateway.internal', '::1']
  expect(mayBePrivate('http://10.0.0.7:8080/', hosts)).toBe(true)
  expect(mayBePrivate('https://GATEWAY.internal./', hosts)).toBe(true)
  expect(mayBePrivate('http://[::1]/', hosts)).toBe(true)
  expect(mayBePrivate('http://10.0.0.8/', hosts)).toBe(false)
  expect(mayBePrivate('http://10.0.0.7.example/', hosts)).toBe(false)
  expect(mayBePrivate('nonsense', hosts)).toBe(false)
  expect(mayBePrivate('http://10.0.0.7/', [])).toBe(false)
})
