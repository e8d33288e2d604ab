import { capUrl, type Feed, type FeedEntry, headingOf, summaryOf } from './feed.ts'
import { attribute, branch, leaf } from './xml-text.ts'

/** The feed as RSS 2.0: an item an alert, which links to its CAP. */
export function writeRss(feed: Feed): string {
  const { base, name, updated, entries } = feed
  const self = `${base}/feed.rss`
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom">',
    ...branch('channel', [
      ...leaf('title', `Alerts of ${name}`),
      ...leaf('link', self),
      ...leaf('description', `What ${name} is warning of now`),
      ...leaf('lastBuildDate', rfc822(updated)),
      ...leaf('generator', 'Tocsin'),
      `  <atom:link rel="self" type="application/rss+xml"${attribute('href', self)}/>`,
      ...entries.flatMap(entry => branch('item', itemLines(feed, entry))),
    ]),
    '</rss>',
  ]
  return `${lines.join('\n')}\n`
}

function itemLines(feed: Feed, entry: FeedEntry): string[] {
  const { id, published, message } = entry
  const [info] = message.info
  if (info === undefined) return []
  return [
    ...leaf('title', headingOf(info)),
    ...leaf('link', capUrl(feed, entry)),
    ...leaf('description', summaryOf(info)),
    ...info.category.flatMap(term => leaf('category', term)),
    `  <guid isPermaLink="false">urn:uuid:${id}</guid>`,
    ...leaf('pubDate', rfc822(published)),
  ]
}

/** RFC 822 with a year of four digits, as RSS 2.0 asks for it. */
function rfc822(date: Date): string {
  return date.toUTCString()
}
