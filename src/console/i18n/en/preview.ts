/** A text as it is on a phone. */
export const preview = {
  segments: (n: number) => (n === 1 ? '1 SMS' : `${n} SMS`),
  beside: (language: string) => `In e-mails, on recipients’ pages and in the feed: ${language}`,
}
