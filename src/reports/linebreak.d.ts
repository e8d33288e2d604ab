/** What is used of the `linebreak` package, which ships no types. */
declare module 'linebreak' {
  export default class LineBreaker {
    constructor(text: string)
    /** The next place where a line may end, in UTF-16 units; null behind the last. */
    nextBreak(): { readonly position: number; readonly required: boolean } | null
  }
}
