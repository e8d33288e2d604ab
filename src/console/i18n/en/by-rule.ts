/** Of alerts that a feed's rule has written. */
export const byRule = {
  asks: (feed: string) => `The feed “${feed}” asks you to send this alert`,
  written: (feed: string) => `Written by the feed “${feed}”, by its rule. No person has read it.`,
  readAll: 'Read every word, the area and the numbers: you are the first.',
}
