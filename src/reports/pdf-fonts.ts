/**
 * The fonts of PDF reports, Noto's, and which of them each piece of a text is set in. Those for Chinese, Japanese and
 * Korean are 5 to 8 MB each: a font is opened when a text first needs it, and of it only the glyphs used are embedded.
 */
import { createRequire } from 'node:module'
import type Pdf from 'pdfkit'

type Doc = InstanceType<typeof Pdf>

const FILES = {
  latin: '@embedpdf/fonts-latin/fonts/NotoSans-Regular.ttf',
  latinBold: '@embedpdf/fonts-latin/fonts/NotoSans-Bold.ttf',
  arabic: '@embedpdf/fonts-arabic/fonts/NotoNaskhArabic-Regular.ttf',
  arabicBold: '@embedpdf/fonts-arabic/fonts/NotoNaskhArabic-Bold.ttf',
  hebrew: '@embedpdf/fonts-hebrew/fonts/NotoSansHebrew-Regular.ttf',
  hebrewBold: '@embedpdf/fonts-hebrew/fonts/NotoSansHebrew-Bold.ttf',
  chinese: '@embedpdf/fonts-sc/fonts/NotoSansHans-Regular.otf',
  japanese: '@embedpdf/fonts-jp/fonts/NotoSansJP-Regular.otf',
  korean: '@embedpdf/fonts-kr/fonts/NotoSansKR-Regular.otf',
} as const

export type FontName = keyof typeof FILES

/** What is asked of a font, as fontkit opens it. */
interface OpenFont {
  hasGlyphForCodePoint(codePoint: number): boolean
  layout(text: string): { readonly direction: 'ltr' | 'rtl' }
}

export interface Fonts {
  /**
   * The font of each UTF-16 unit of a text; undefined where none has it.
   *
   * @param language BCP 47: Chinese, Japanese and Korean write the same characters with different strokes
   */
  fontsFor(text: string, language: string, bold: boolean): (FontName | undefined)[]
  /** Whether shaping turns it round: it does so by the script that it takes the text for, digits of one too. */
  turns(font: FontName, text: string): boolean
}

export function openFonts(doc: Doc): Fonts {
  const { resolve } = createRequire(import.meta.url)
  for (const [name, file] of Object.entries(FILES)) doc.registerFont(name, pathOf(resolve, file))
  const open = new Map<FontName, OpenFont>()
  const opened = (name: FontName) => {
    let font = open.get(name)
    if (font === undefined) open.set(name, (font = openFont(doc, name)))
    return font
  }
  const has = (name: FontName, codePoint: number) => opened(name).hasGlyphForCodePoint(codePoint)
  return {
    fontsFor(text, language, bold) {
      const fonts: (FontName | undefined)[] = []
      const order = orderFor(text, language, bold)
      let before: FontName | undefined
      for (const character of text) {
        const codePoint = character.codePointAt(0) ?? 0
        let font: FontName | undefined
        // Blanks, points and accents stay with the word before them, where its font has them.
        if (before !== undefined && STICKS.test(character) && has(before, codePoint)) font = before
        else font = order.find(name => mayHave(name, codePoint) && has(name, codePoint))
        if (font !== undefined) before = font
        for (let unit = 0; unit < character.length; unit++) fonts.push(font)
      }
      return fonts
    },
    turns: (name, text) =>
      /^(arabic|hebrew)/.test(name) && opened(name).layout(text).direction === 'rtl',
  }
}

const STICKS = /[\p{M}\p{Cf}\s]/u

/** The packages export no files, but they hold them beside what they export. */
function pathOf(resolve: (name: string) => string, file: string): string {
  const [scope, name, ...path] = file.split('/')
  const [root] = resolve(`${scope}/${name}`).split(/[/\\]dist[/\\]/)
  return [root, ...path].join('/')
}

function openFont(doc: Doc, name: FontName): OpenFont {
  doc.font(name)
  // pdfkit's own types leave out the font that it has opened.
  return (doc as unknown as { _font: { font: OpenFont } })._font.font
}

const HAN: readonly FontName[] = ['chinese', 'japanese', 'korean']

function orderFor(text: string, language: string, bold: boolean): FontName[] {
  const first = hanFontOf(text, language)
  const han = [first, ...HAN.filter(name => name !== first)]
  return bold
    ? ['latinBold', 'arabicBold', 'hebrewBold', ...han]
    : ['latin', 'arabic', 'hebrew', ...han]
}

function hanFontOf(text: string, language: string): FontName {
  const [primary] = language.toLowerCase().split('-')
  if (primary === 'ja' || /[\u3040-\u30ff]/u.test(text)) return 'japanese'
  if (primary === 'ko' || /[\uac00-\ud7af]/u.test(text)) return 'korean'
  return 'chinese'
}

/** Where a font begins to be worth opening. */
function mayHave(name: FontName, codePoint: number): boolean {
  switch (name) {
    case 'arabic':
    case 'arabicBold':
      return (codePoint >= 0x600 && codePoint < 0x780) || codePoint >= 0xfb50
    case 'hebrew':
    case 'hebrewBold':
      return (
        (codePoint >= 0x590 && codePoint < 0x600) || (codePoint >= 0xfb1d && codePoint < 0xfb50)
      )
    case 'chinese':
    case 'japanese':
    case 'korean':
      return codePoint >= 0x1100
    case 'latin':
    case 'latinBold':
      return true
  }
}
