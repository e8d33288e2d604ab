import { capUrl, type Feed, type FeedEntry, headingOf, summaryOf } from './feed.ts'
import { CAP_NAMESPACE } from './message.ts'
import { attribute, branch, leaf } from './xml-text.ts'

/**
 * The feed as Atom (RFC 4287): an entry an alert, which links to its CAP and carries what readers sort and map by in
 * CAP's own elements, as the feeds of weather services do.
 */
export function writeAtom(feed: Feed): string {
  const { base, name, updated, entries } = feed
  const self = `${base}/feed.atom`
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<feed xmlns="http://www.w3.org/2005/Atom" xmlns:cap="${CAP_NAMESPACE}">`,
    ...leaf('id', self),
    ...leaf('title', `Alerts of ${name}`),
    ...leaf('updated', updated.toISOString()),
    ...branch('author', leaf('name', name)),
    `  <link rel="self" type="application/atom+xml"${attribute('href', self)}/>`,
    ...leaf('generator', 'Tocsin'),
    ...entries.flatMap(entry => branch('entry', entryLines(feed, entry))),
    '</feed>',
  ]
  return `${lines.join('\n')}\n`
}

function entryLines(feed: Feed, entry: FeedEntry): string[] {
  const { id, published, message } = entry
  const [info] = message.info
  if (info === undefined) return []
  const at = published.toISOString()
  return [
    ...leaf('id', `urn:uuid:${id}`),
    ...leaf('title', headingOf(info)),
    ...leaf('updated', at),
    ...leaf('published', at),
    ...branch('author', leaf('name', info.senderName ?? feed.name)),
    ...info.category.map(term => `  <category${attribute('term', term)}/>`),
    `  <link rel="alternate" type="application/cap+xml"${attribute('href', capUrl(feed, entry))}/>`,
    ...leaf('summary', summaryOf(info)),
    ...leaf('cap:identifier', message.identifier),
    ...leaf('cap:sender', message.sender),
    ...leaf('cap:sent', message.sent),
    ...leaf('cap:status', message.status),
    ...leaf('cap:msgType', message.msgType),
    ...leaf('cap:event', info.event),
    ...leaf('cap:urgency', info.urgency),
    ...leaf('cap:severity', info.severity),
    ...leaf('cap:certainty', info.certainty),
    ...leaf('cap:effective', info.effective),
    ...leaf('cap:onset', info.onset),
    ...leaf('cap:expires', info.expires),
    ...leaf('cap:areaDesc', info.area.map(area => area.areaDesc).join('; ') || undefined),
  ]
}
