#!/usr/bin/env node
process.argv.splice(2, 0, 'tocsin')
await import('./run.mjs')
