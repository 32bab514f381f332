import { Skeleton, useComputedColorScheme, VisuallyHidden } from '@mantine/core'
import { lazy, Suspense } from 'react'
import type { QueryAnswer } from '../../contract/query.ts'
import { formatMetric, HEADLINES, type HeadlineMetric } from '../metric-format.ts'
import { bucketLabel, monthLabel } from '../ranges.ts'

// The chart library is most of the script: the figures do not wait for it.
const LineChart = lazy(() => import('./LineChart.tsx'))

interface TimeGraphProps {
  readonly answer: QueryAnswer | undefined
  readonly grain: string
  readonly metric: HeadlineMetric
}

/** One metric over time, and the period before. */
export function TimeGraph({ answer, grain, metric }: TimeGraphProps) {
  const scheme = useComputedColorScheme('light')
  if (!answer) return <Skeleton h={280} />
  const name = HEADLINES.find((headline) => headline.metric === metric)?.label ?? metric
  const label = grain === 'time:month' ? monthLabel : bucketLabel
  const points = answer.rows.map((row) => ({
    label: label(row.dimensions[grain] ?? ''),
    now: row.metrics[metric] ?? null,
    before: row.compare?.[metric] ?? null,
  }))
  return (
    <figure style={{ margin: 0 }}>
      <div role="img" aria-label={`${name} over time; the table after it has the numbers`}>
        <Suspense fallback={<Skeleton h={280} />}>
          <LineChart
            points={points}
            name={name}
            format={(value) => formatMetric(metric, value)}
            scheme={scheme}
          />
        </Suspense>
      </div>
      <VisuallyHidden>
        <table>
          <caption>{name} over time</caption>
          <tbody>
            {points.map((point, index) => (
              <tr key={index}>
                <th scope="row">{point.label}</th>
                <td>{formatMetric(metric, point.now)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </VisuallyHidden>
    </figure>
  )
}
