import { parseArgs } from 'node:util'
import { API_KEY_SCOPES } from '../api/accounts/api-key.ts'
import { ConfigError, readConfig } from './config.ts'
import { SITE_SETTINGS } from './site-settings.ts'

const VARIABLES = `Settings are environment variables:
  PORT            where to listen (8000)
  HOST            on which address (localhost)
  DATA_DIR        where all data lies (./data)
  ENVIRONMENT     development or production (development)
  PUBLIC_URL      where people reach it (http://localhost:PORT)
  DATABASE_URL    a PostgreSQL instead of the embedded one
  CLICKHOUSE_URL  a ClickHouse server instead of the embedded one
  CLICKHOUSE_CLUSTER
                  the name of the cluster that it is of
  DATABASE_PASSWORD_FILE, CLICKHOUSE_PASSWORD_FILE
                  files with the passwords of those, which then need not stand in them
  TRUST_PROXY     addresses of proxies whose X-Forwarded-For is believed
  LIMIT_NETWORK   requests a second of one client network, but this machine's own (500; 0: no limit)
  LIMIT_SITE      events a second of one site (50000)
  LIMIT_TOTAL     events a second of all sites (0)
  GEO_DATABASE    a file of places in the MaxMind format; else time zones tell the country
  COUNTRY_HEADER  the header in which a trusted proxy tells the country, e.g. CF-IPCountry
  BOT_NETWORKS    a file of networks (CIDR, a line each) whose visitors are bots
  DRAIN_S         seconds that a collector told to end answers on, while /readyz says 503 (0)
  SPAM_HOSTS      a file of hosts of referrer spam, beside those that are known`

interface Command {
  readonly summary: string
  readonly help: string
  run(args: string[]): Promise<void>
}

/** Every way the program can be started. */
const COMMANDS: Readonly<Record<string, Command>> = {
  start: {
    summary: 'run everything: collector, app and the embedded databases',
    help: `Usage: footfall start\n\n${VARIABLES}`,
    run: async () => (await import('./start.ts')).start(readConfig()),
  },
  collect: {
    summary: 'run one collector (needs DATABASE_URL)',
    help: `Usage: footfall collect\n\n${VARIABLES}`,
    run: async () => (await import('./collect.ts')).collect(readConfig()),
  },
  serve: {
    summary: 'run the app: pipeline, reports and dashboard (needs DATABASE_URL)',
    help: `Usage: footfall serve\n\n${VARIABLES}`,
    run: async () => (await import('./serve.ts')).serve(readConfig()),
  },
  migrate: {
    summary: 'make DATA_DIR, and bring the database at DATABASE_URL up to date',
    help: `Usage: footfall migrate\n\n${VARIABLES}`,
    run: async () => (await import('./migrate.ts')).migrate(readConfig()),
  },
  doctor: {
    summary: 'look at versions, settings, disk, lag and backups, and say what to do',
    help: `Usage: footfall doctor\n\nEnds with 1 when something is bad.\n\n${VARIABLES}`,
    run: async (args) => {
      parse(args, [])
      const isWell = await (await import('./doctor.ts')).doctor(readConfig(), Date.now, console.log)
      if (!isWell) process.exitCode = 1
    },
  },
  backup: {
    summary: 'write the record, sites, accounts and keys into a folder',
    help: `Usage: footfall backup FOLDER [--keep N]

Writes a backup of this instant into FOLDER/footfall-TIME, beside everything that runs. Visits, days and ClickHouse
are not in it: a restore makes them again from the record.
  --keep N    remove all but the N newest backups of FOLDER (keep all)`,
    run: async (args) => {
      const { values, positionals } = parse(args, ['keep'])
      const [folder] = positionals
      if (!folder || positionals.length > 1) throw new ConfigError('Usage: footfall backup FOLDER')
      const { backup, keepOf } = await import('./backup.ts')
      console.log(await backup(readConfig(), folder, keepOf(values.keep)))
    },
  },
  restore: {
    summary: 'restore a backup into an empty installation, or try whether it can be',
    help: `Usage: footfall restore BACKUP [--drill yes] [--erasures FILE]

Restores BACKUP into DATA_DIR (or the empty database at DATABASE_URL), and compares every row with what was backed up.
Visitors who were erased since are erased again, by the newer backups in the same folder.
  --drill yes      into a database of its own, which is thrown away: proves the backup, changes nothing
  --erasures FILE  receipts of "footfall visitor erase" of after the newest backup, a line each`,
    run: async (args) => {
      const { values, positionals } = parse(args, ['drill', 'erasures'])
      const [folder] = positionals
      if (!folder || positionals.length > 1 || !['yes', undefined].includes(values.drill))
        throw new ConfigError('Usage: footfall restore BACKUP [--drill yes] [--erasures FILE]')
      const { restore, drill } = await import('./restore.ts')
      const { createdAt, events, erased, seconds } = await (values.drill ? drill : restore)(
        readConfig(),
        folder,
        values.erasures,
      )
      console.log(
        `${values.drill ? 'Can be restored' : 'Restored'}: ${events} events as of ${createdAt}, every row as it was backed up${erased > 0 ? ` but ${erased} of visitors who were erased since` : ''}; ${seconds.toFixed(1)} s.`,
      )
    },
  },
  key: {
    summary: 'make an API key',
    help: `Usage: footfall key create [--site ID] [--scope ${API_KEY_SCOPES.join('|')}]

Prints a new API key, once: only its hash is kept. It is sent as "Authorization: Bearer KEY".
  --site ID   the one site it opens (all of them)
  --scope S   read reports, collect events, or admin for both (read)`,
    run: async (args) => {
      const { values, positionals } = parse(args, ['site', 'scope'])
      if (positionals[0] !== 'create' || positionals.length > 1)
        throw new ConfigError('Usage: footfall key create')
      const scope = API_KEY_SCOPES.find((each) => each === (values.scope ?? 'read'))
      if (!scope) throw new ConfigError(`--scope must be ${API_KEY_SCOPES.join(', ')}.`)
      await (await import('./access.ts')).printKey(readConfig(), {
        scope,
        siteId: values.site ?? null,
      })
    },
  },
  'sign-in-link': {
    summary: 'print a link that signs in whoever opens it first',
    help: 'Usage: footfall sign-in-link\n\nPrints a link that works once, within 24 hours.',
    run: async (args) => {
      parse(args, [])
      await (await import('./access.ts')).printSignInLink(readConfig())
    },
  },
  site: {
    summary: 'register a site, and say what may be sent for it',
    help: `Usage: footfall site create ID [options]
       footfall site set ID [options]

Registers the site ID, which is what stands in the script tag, or changes it. Lists are separated by commas; '' empties one.
  --name NAME               what the dashboard calls it (ID)
  --timezone ZONE           IANA zone in which its days begin (UTC)
  --status STATUS           active, paused, or deleted (active)
  --allowed-hosts HOSTS     whose pages may send; *.example.com with all below it (any)
  --exclude-addresses LIST  addresses or CIDR ranges that are not counted
  --exclude-countries LIST  ISO codes
  --exclude-hosts LIST      hosts of pages
  --exclude-paths LIST      paths; * stands for anything
  --retain-events DAYS      how long events, and all that is made of them, are kept; at least 30, 0 for ever (0)
  --retain-daily DAYS       how long the numbers of days are kept (0)`,
    run: async (args) => {
      const { values, positionals } = parse(args, SITE_SETTINGS)
      const [verb, siteId] = positionals
      if ((verb !== 'create' && verb !== 'set') || !siteId || positionals.length > 2)
        throw new ConfigError('Usage: footfall site create ID, or footfall site set ID')
      await (await import('./site.ts')).writeSite(readConfig(), verb, siteId, values)
    },
  },
  rebuild: {
    summary: 'make the processed tables and ClickHouse anew from the record',
    help: `Usage: footfall rebuild --site ID [--from DATE] [--to DATE]

Goes through the site's visitors once more, while events keep coming in. The same command goes on where one was stopped.
  --site ID    the site
  --from DATE  the first day (all)
  --to DATE    until (all)`,
    run: async (args) => {
      const { values } = parse(args, ['site', 'from', 'to'])
      if (!values.site) throw new ConfigError('Usage: footfall rebuild --site ID')
      const { rebuild } = await import('./rebuild.ts')
      await rebuild(readConfig(), values.site, values.from, values.to)
    },
  },
  rules: {
    summary: 'show what other rules would make of a site, and apply them',
    help: `Usage: footfall rules SITE --set JSON [--days N] [--apply yes]

Shows what the last days would have been under the changed rules. With --apply yes sets them, and rebuilds all of the site.
  --set JSON   e.g. '{"sessionTimeout": 900, "engagedAfter": 5, "judgesBehaviour": false, "people": ["curl"],
               "ownHosts": ["shop.example"], "ignoredReferrers": ["pay.example"],
               "channels": [{"channel": "Partners", "source": "*.partner.example"}]}'
  --days N     how many days to look at (30)`,
    run: async (args) => {
      const { values, positionals } = parse(args, ['set', 'days', 'apply'])
      const [siteId] = positionals
      const days = Number(values.days ?? 30)
      if (!siteId || positionals.length > 1 || !(days > 0))
        throw new ConfigError('Usage: footfall rules SITE --set JSON [--days N] [--apply yes]')
      const { rulesFromJson } = await import('../pipeline/site-rules.ts')
      const { changeRules } = await import('./rules.ts')
      const change = rulesFromJson(values.set ?? '{}')
      if (typeof change === 'string') throw new ConfigError(`--set: ${change}`)
      await changeRules(readConfig(), siteId, change, {
        days,
        isApplied: values.apply === 'yes',
        now: new Date(),
      })
    },
  },
  import: {
    summary: 'bring in events from a file, or take them out again',
    help: `Usage: footfall import events FILE --site ID [--rejects FILE]
       footfall import undo IMPORT

FILE has one event a line, as POST /collect takes it, of any age; - is the standard input. A line may have in "derived" what
the collector would have found out: country, region, city, browser, browserVersion, os, osVersion, device, isBot.
The same file goes on where it was stopped.
  --site ID       the site
  --rejects FILE  where rejected lines go, with the reason (FILE.rejected.ndjson)`,
    run: async (args) => {
      const { values, positionals } = parse(args, ['site', 'rejects'])
      const [verb, what] = positionals
      const { runImport, undoImport } = await import('./import.ts')
      if (verb === 'events' && what && values.site)
        await runImport(readConfig(), { file: what, siteId: values.site, rejects: values.rejects })
      else if (verb === 'undo' && Number(what) > 0) await undoImport(readConfig(), Number(what))
      else
        throw new ConfigError(
          'Usage: footfall import events FILE --site ID, or footfall import undo IMPORT',
        )
    },
  },
  visitor: {
    summary: 'give out all that is known of a visitor, or erase it',
    help: `Usage: footfall visitor export ID --site SITE
       footfall visitor erase ID --site SITE

export prints every event of the record, one a line, as JSON.
erase takes the visitor's events, and all that was made of them, out of every table; what comes late, is imported or restored
is taken out too. Prints a receipt, which names nobody: keep it with the backups until the next one is written.
  ID           the visitor's id, as the record has it
  --site SITE  the site`,
    run: async (args) => {
      const { values, positionals } = parse(args, ['site'])
      const [verb, visitorId] = positionals
      if ((verb !== 'export' && verb !== 'erase') || !visitorId || !values.site)
        throw new ConfigError('Usage: footfall visitor export|erase ID --site SITE')
      const { visitor } = await import('./visitor.ts')
      await visitor(readConfig(), verb, values.site, visitorId)
    },
  },
  quarantine: {
    summary: 'look at events that could not be processed, and try again',
    help: `Usage: footfall quarantine list [--site ID] [--id EVENT]
       footfall quarantine replay [--site ID] [--id EVENT [--event JSON]]

  --event JSON  the event as it is to be in the record from now on`,
    run: async (args) => {
      const { values, positionals } = parse(args, ['site', 'id', 'event'])
      const [verb] = positionals
      if (verb !== 'list' && verb !== 'replay')
        throw new ConfigError('Usage: footfall quarantine list, or footfall quarantine replay')
      const { quarantine } = await import('./quarantine.ts')
      await quarantine(readConfig(), verb, {
        siteId: values.site,
        eventId: values.id,
        event: values.event,
      })
    },
  },
  reconcile: {
    summary: 'show whether record, processed tables and ClickHouse agree',
    help: `Usage: footfall reconcile [--site ID] [--again yes]

Prints the days that differ, and ends with 1 where there are any. With --again yes the app counts all days once more.`,
    run: async (args) => {
      const { values } = parse(args, ['site', 'again'])
      const { showReconciliation } = await import('./reconcile.ts')
      const isRight = await showReconciliation(readConfig(), values.site, values.again === 'yes')
      if (!isRight) process.exitCode = 1
    },
  },
  forecast: {
    summary: 'print what the data takes, and will',
    help: 'Usage: footfall forecast',
    run: async (args) => {
      parse(args, [])
      await (await import('./forecast.ts')).printForecast(readConfig())
    },
  },
}

const HELP = `Footfall: self-hosted web analytics.

Usage: footfall COMMAND [--help]

${Object.entries(COMMANDS)
  .map(([name, { summary }]) => `  ${name.padEnd(14)}${summary}`)
  .join('\n')}

${VARIABLES}`

/** Options of the form `--name VALUE`; anything else that begins with a dash is refused. */
function parse(args: string[], names: readonly string[]) {
  try {
    const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]))
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true })
    return { values: values as Record<string, string | undefined>, positionals } // every option is a string
  } catch (error) {
    throw new ConfigError((error as Error).message) // parseArgs throws TypeErrors with a good message
  }
}

async function main([name, ...args]: string[]): Promise<void> {
  if (name === undefined || name === '--help' || name === 'help') {
    console.log(HELP)
    return
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!command) throw new ConfigError(`"${name}" is not a command. See footfall --help.`)
  if (args.includes('--help')) console.log(command.help)
  else await command.run(args)
}

main(process.argv.slice(2)).then(
  () => {
    // Commands that serve go on; the others have nothing open and end here.
  },
  (error: Error) => {
    console.error(error instanceof ConfigError ? error.message : `footfall: ${error.message}`)
    process.exit(error instanceof ConfigError ? 2 : 1)
  },
)
