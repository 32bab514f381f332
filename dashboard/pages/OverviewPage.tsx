import { Box, Group, Paper, Pill, SimpleGrid, Text, Tooltip } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import type { Filter, Query, QueryAnswer } from '../../contract/query.ts'
import { Header } from '../components/Header.tsx'
import { Headlines } from '../components/Headlines.tsx'
import { ProblemNotice } from '../components/ProblemNotice.tsx'
import { TimeGraph } from '../components/TimeGraph.tsx'
import { TopList } from '../components/TopList.tsx'
import { HEADLINES, type HeadlineMetric } from '../metric-format.ts'
import { grainOf } from '../ranges.ts'
import { fetchSites } from '../server-api.ts'
import { useLiveReports, useReport } from '../use-live-reports.ts'

const route = getRouteApi('/$site')

const FILTERS = [
  { name: 'page', label: 'Page', dimension: 'event:page' },
  { name: 'source', label: 'Source', dimension: 'visit:source' },
] as const

const METRICS = HEADLINES.map((headline) => headline.metric)

/** One site at a glance, kept up to date by the server. */
export function OverviewPage() {
  const { site } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const [metric, setMetric] = useState<HeadlineMetric>('visitors')
  const range = search.range ?? '7d'
  const filters = FILTERS.flatMap(({ name, dimension }): Filter[] => {
    const value = search[name]
    return value === undefined ? [] : [['is', dimension, [value]]]
  })
  const shared = { range, filters } satisfies Partial<Query>
  const list = { order_by: [['visitors', 'desc']], limit: 9 } satisfies Partial<Query>

  useLiveReports(site)
  const sites = useQuery({ queryKey: ['sites'], queryFn: fetchSites })
  const figures = useReport(site, { ...shared, metrics: METRICS, compare: 'previous_period' })
  const series = useReport(site, {
    ...shared,
    metrics: METRICS,
    dimensions: [grainOf(range)],
    fill: 'zero',
    compare: 'previous_period',
  })
  const pages = useReport(site, {
    ...shared,
    ...list,
    metrics: ['visitors'],
    dimensions: ['event:page'],
  })
  const sources = useReport(site, {
    ...shared,
    ...list,
    metrics: ['visitors'],
    dimensions: ['visit:source'],
  })

  const error = figures.error ?? series.error ?? pages.error ?? sources.error
  // A report that was there stays: an error then is a passing one.
  if (error && !figures.data)
    return <ProblemNotice error={error} retry={() => void figures.refetch()} />

  const set = (change: Partial<typeof search>) =>
    void navigate({ search: { ...search, ...change } })
  return (
    <Box maw={1160} mx="auto" px="md" pb="xl">
      <Header
        sites={sites.data ?? [{ siteId: site, name: site, timezone: 'UTC' }]}
        siteId={site}
        range={range}
        onSite={(siteId) =>
          void navigate({ to: '/$site', params: { site: siteId }, search: { range } })
        }
        onRange={(value) => set({ range: value })}
      />
      <main>
        <Group gap="xs" mb={filters.length > 0 ? 'sm' : 0}>
          {FILTERS.filter(({ name }) => search[name] !== undefined).map(({ name, label }) => (
            <Pill
              key={name}
              withRemoveButton
              size="md"
              onRemove={() => set({ [name]: undefined })}
              removeButtonProps={{ 'aria-label': `Remove the filter ${label}` }}
            >
              {label}: {search[name]}
            </Pill>
          ))}
        </Group>
        <Paper withBorder p="md" bg="var(--card)" mb="md">
          <Headlines answer={figures.data} selected={metric} onSelect={setMetric} />
          <Box mt="md">
            {figures.data?.totals.visitors === 0 ? (
              <Empty />
            ) : (
              <TimeGraph answer={series.data} grain={grainOf(range)} metric={metric} />
            )}
          </Box>
        </Paper>
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
          <TopList
            title="Top pages"
            testId="top-pages"
            dimension="event:page"
            answer={pages.data}
            onSelect={(page) => set({ page })}
          />
          <TopList
            title="Top sources"
            testId="top-sources"
            dimension="visit:source"
            answer={sources.data}
            onSelect={(source) => set({ source })}
          />
        </SimpleGrid>
        {figures.data && <Foot meta={figures.data.meta} />}
      </main>
    </Box>
  )
}

function Empty() {
  return (
    <Box ta="center" py={72}>
      <Text fw={600}>No visits in this range yet</Text>
      <Text c="dimmed" size="sm">
        Choose a longer range, or open a page that carries the script: it shows up here by itself.
      </Text>
    </Box>
  )
}

const BASIS: Record<QueryAnswer['meta']['uniques_basis'], string> = {
  persistent_id: 'Visitors are told apart by a random id that the site keeps in the browser.',
  session_id: 'Visitors are told apart by session: somebody who returns is a new one.',
  daily_hash: 'Visitors are told apart within a day only: nothing is kept in the browser.',
  mixed:
    'Visitors are told apart by a kept id where there is one, else within the session or day only.',
  none: 'There is nobody to tell apart in this range.',
}

function Foot({ meta }: { meta: QueryAnswer['meta'] }) {
  return (
    <Group justify="space-between" mt="md" gap="xs">
      <Text size="xs" c="dimmed">
        Up to date as of {new Date(meta.freshness).toLocaleTimeString()} · days in {meta.timezone}
      </Text>
      <Tooltip label={BASIS[meta.uniques_basis]} multiline maw={280}>
        <Text size="xs" c="dimmed" tabIndex={0} td="underline dotted">
          How visitors are counted
        </Text>
      </Tooltip>
    </Group>
  )
}
