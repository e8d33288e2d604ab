import { expect, test } from 'vitest'
import { pageWithoutAlert } from '../../src/http/acknowledge-page.ts'
import { pageWordsIn } from '../../src/http/acknowledge-words.ts'

test('the page speaks the language of the text, or the next that it knows', () => {
  const answers = (language: string) => pageWordsIn(language).answer
  expect(answers('pt-PT')).toBe('Escolha a sua resposta')
  expect(pageWordsIn('pt-BR').change).toBe('Você pode mudá-la:')
  expect(answers('nn-NO')).toBe(answers('nb'))
  expect(answers('zh-TW')).toBe(answers('zh-Hant'))
  expect(answers('zh-Hant-HK')).toBe('請選擇您的回答')
  expect(answers('zh-CN')).toBe('请选择您的回答')
  expect(answers('vi')).not.toBe(answers('en'))
  expect(answers('fil-PH')).toBe(answers('tl'))
  expect(answers('ht')).toBe('Chwazi repons ou')
  expect(answers('sw')).toBe('Choose your answer')
  expect(pageWordsIn(undefined)).toBe(pageWordsIn('en-US'))
})

test('whoever has no alert to see reads why in what their phone asks for', () => {
  const page = pageWithoutAlert(404, 'ar-EG,en;q=0.8')
  expect(page).toContain('<html lang="ar" dir="rtl">')
  expect(page).toContain('هذه الصفحة غير موجودة')
  expect(pageWithoutAlert(404, 'ur-PK')).toContain('<html lang="ur" dir="rtl">')
  expect(pageWithoutAlert(429, 'ko')).toContain('1분 기다려')
})
