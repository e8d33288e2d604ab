import { COLOURS } from './sheet.ts'

const { ink, muted, line, faint, ground, good, bad, urgent } = COLOURS

export const STYLE = `
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 2rem 1.25rem 3rem; color: ${ink}; background: #fff;
  font: 1rem/1.5 system-ui, "Noto Sans", "Noto Sans CJK SC", "Noto Naskh Arabic", sans-serif; }
h1 { margin: 0 0 1rem; font-size: 1.75rem; line-height: 1.2; overflow-wrap: anywhere; }
h2 { margin: 2.25rem 0 .75rem; padding-top: .6rem; border-top: 2px solid ${ink}; font-size: 1.2rem; line-height: 1.3; }
p { max-width: 46rem; }
.kicker { margin: 0 0 .35rem; color: ${muted}; }
.warning { padding: .6rem .9rem; border: 2px solid ${bad}; border-left-width: 10px; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: .55rem 1.5rem; margin: 0; }
.facts dt, .figures dt { color: ${muted}; font-size: .85rem; line-height: 1.35; }
.facts dd, .figures dd { margin: 0; overflow-wrap: anywhere; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); gap: .75rem; margin: 1rem 0; }
.figures > div { padding: .6rem .8rem; background: ${ground}; border-left: 5px solid ${line}; break-inside: avoid; }
.figures > .good { border-left-color: ${good}; }
.figures > .bad { border-left-color: ${bad}; }
.figures > .urgent { border-left-color: ${urgent}; }
.figures dd { font-size: 1.6rem; font-weight: 700; line-height: 1.25; font-variant-numeric: tabular-nums; }
.figures small { display: block; font-size: .9rem; font-weight: 400; color: ${muted}; }
.wide { overflow-x: auto; margin: 1rem 0; }
.wide:focus-visible { outline: 3px solid ${ink}; outline-offset: 2px; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { padding: 0 0 .35rem; text-align: start; font-weight: 700; }
th, td { padding: .35rem .6rem; border-bottom: 1px solid ${faint}; text-align: start; vertical-align: top; }
thead th { border-bottom: 1px solid ${ink}; color: ${muted}; font-size: .85rem; line-height: 1.3; vertical-align: bottom; }
tbody th { font-weight: 400; overflow-wrap: anywhere; min-width: 8rem; }
td { overflow-wrap: break-word; }
th:first-child, thead td:first-child { padding-inline-start: 0; }
.numbers { text-align: end; white-space: nowrap; }
thead .numbers { white-space: normal; }
.bars { margin: 1rem 0; }
.bars th { width: 34%; }
.bars td { width: 24%; }
.bars .bar { width: 42%; }
.bars svg { display: block; margin-top: .3rem; }
figure { margin: 1rem 0; break-inside: avoid; }
figcaption { color: ${muted}; font-size: .9rem; }
.quote { padding: .7rem 1rem; background: ${ground}; border-inline-start: 5px solid ${ink}; }
blockquote { margin: 0 0 .35rem; font-size: 1.1rem; white-space: pre-wrap; overflow-wrap: anywhere; }
.drawing svg { display: block; width: 100%; height: auto; font-family: inherit; }
footer { margin-top: 2.5rem; border-top: 1px solid ${line}; color: ${muted}; font-size: .9rem; }
@media (max-width: 40rem) {
  body { padding: 1.25rem 1rem 2rem; }
  h1 { font-size: 1.4rem; }
  .drawing { overflow-x: auto; }
  .drawing svg { min-width: 36rem; }
  .wide table { font-size: .875rem; }
  .wide th, .wide td { padding: .3rem .4rem; }
  .wide tbody th { min-width: 6.5rem; }
  .bars, .bars caption, .bars tbody, .bars tr, .bars th, .bars td { display: block; width: 100%; border: 0; padding: 0; }
  .bars tr { padding: .4rem 0; border-bottom: 1px solid ${faint}; }
  .bars .bar { width: 100%; }
}
@media print {
  @page { margin: 16mm 15mm; }
  html { font-size: 9.5pt; }
  body { max-width: none; padding: 0; }
  h1 { font-size: 18pt; }
  h2 { font-size: 12.5pt; break-after: avoid; }
  caption { break-after: avoid; }
  .wide { overflow: visible; }
  thead { display: table-header-group; }
  tr, .facts > div { break-inside: avoid; }
  th, td { padding: 2pt 4pt; }
  .figures { grid-template-columns: repeat(4, 1fr); }
  .figures dd { font-size: 15pt; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`
