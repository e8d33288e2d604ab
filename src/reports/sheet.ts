/**
 * A report as it is laid out: what stands in it, in which order, in one language, every figure written as it is read.
 * HTML and PDF are written from the same sheet.
 */

export interface Sheet {
  /** BCP 47. */
  readonly language: string
  readonly kicker: string
  readonly title: string
  readonly organisation: string
  /** What must not be overlooked, e.g. that it was a drill. */
  readonly warnings: readonly string[]
  readonly facts: readonly Fact[]
  readonly sections: readonly Section[]
  readonly footer: string
  /** With `{page}` and `{pages}`. */
  readonly pageOf: string
  /** Stands in a PDF for `{count}` characters that no font has. */
  readonly noFont: string
}

export interface Fact {
  readonly term: string
  readonly value: string
}

export interface Section {
  /** Unique in the sheet. */
  readonly id: string
  readonly title: string
  readonly parts: readonly Part[]
}

export type Part =
  | { readonly is: 'paragraph'; readonly text: string }
  | { readonly is: 'figures'; readonly figures: readonly Figure[] }
  | { readonly is: 'bars'; readonly caption: string; readonly bars: readonly Bar[] }
  | Table
  | {
      readonly is: 'quote'
      readonly language: string
      readonly text: string
      readonly meta: string
    }
  | DrawnPart

export interface Figure {
  readonly label: string
  readonly value: string
  readonly share?: string | undefined
  readonly tone?: Tone | undefined
}

export type Tone = 'good' | 'bad' | 'urgent'

export interface Bar {
  readonly label: string
  readonly value: string
  /** 0 … 1; undefined: nobody knows. */
  readonly share: number | undefined
}

/** The first column names the row. */
export interface Table {
  readonly is: 'table'
  readonly caption: string
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly string[])[]
}

export interface Column {
  readonly title: string
  /** Numbers stand at the end, under each other. */
  readonly holds: 'words' | 'numbers'
  /** Of the widths of all; 1 where it is not said. */
  readonly width?: number
}

export interface DrawnPart {
  readonly is: 'drawing'
  readonly caption: string
  /** What one sees in it, in words. */
  readonly description: string
  readonly drawing: Drawing
}

/** Lines and words in a box whose units are CSS pixels; nothing reaches past the box. */
export interface Drawing {
  readonly width: number
  readonly height: number
  readonly shapes: readonly DrawnShape[]
}

export type DrawnShape =
  | {
      readonly is: 'path'
      /** SVG path data. */
      readonly d: string
      readonly fill?: string
      readonly stroke?: string
      readonly strokeWidth?: number
      readonly dash?: readonly [number, number]
    }
  | {
      readonly is: 'words'
      readonly x: number
      /** Of the middle of the line. */
      readonly y: number
      readonly text: string
      readonly size: number
      readonly anchor: 'start' | 'middle' | 'end'
      readonly fill: string
      readonly bold?: boolean
    }

/** Contrast on white: at least 4.5 for words, 3 for lines. */
export const COLOURS = {
  ink: '#14181f',
  muted: '#4a5361',
  line: '#7b8594',
  faint: '#d5d9df',
  ground: '#f3f4f6',
  good: '#00663a',
  bad: '#b3001b',
  urgent: '#7a1fa2',
  area: '#dcead0',
} as const
