import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { FAULTS } from './list.ts'
import { type Row, TABLE_HEAD, tableLine } from './table.ts'

/** Writes the rows into the kept page; what other runs found of other faults stays. */
export function keepOnPage(path: string, rows: readonly Row[], run: string, now: Date): void {
  const lines = new Map<string, string>()
  const before = existsSync(path) ? readFileSync(path, 'utf8') : ''
  const results = before.split(/^## /m).find((part) => part.startsWith('Results')) ?? ''
  for (const line of results.split('\n')) {
    const id = /^\| (\w+) +\| (?!fault)/.exec(line)?.[1]
    if (id) lines.set(id, line)
  }
  for (const row of rows) lines.set(row.fault.id, tableLine(row))
  const known = FAULTS.map(({ id }) => lines.get(id)).filter((line) => line !== undefined)
  const meanings = FAULTS.map(({ id, ok }) => `| ${id} | ${ok} |`)
  const page = [
    INTRODUCTION,
    '## Results',
    `Last written by \`${run}\` on ${now.toISOString().slice(0, 10)}.`,
    [TABLE_HEAD, ...known].join('\n'),
    '## What OK means beside that',
    ['| id | OK |', '| --- | --- |', ...meanings].join('\n'),
  ]
  writeFileSync(path, `${page.join('\n\n')}\n`)
}

const INTRODUCTION = `# Faults

What \`npm run faults\` found: each fault is done to a real PostgreSQL and real collector processes under load (500 events a second, 20 sites,
8 connections, batches of 1 to 50, one in twenty sent twice, one in twenty bad), while the clients keep a ledger of what they were told.

OK: nothing acknowledged is missing (lost 0), nothing is stored or told to be new twice (dup 0), nothing is stored that was not sent or was
to be refused (phantom 0); every other answer is a 503 with Retry-After; no request stays without an answer; after the fault everything is acknowledged without help.
Answers: \`cut\` is a broken connection, \`none\` no answer within 10 s. \`200 of 500\` runs: fewer than the plan asks for. Times are of a shared
machine with two cores.`
