import { Paper, Skeleton, Text, Title, UnstyledButton } from '@mantine/core'
import type { QueryAnswer } from '../../contract/query.ts'
import { formatMetric } from '../metric-format.ts'
import styles from './TopList.module.css'

interface TopListProps {
  readonly title: string
  readonly testId: string
  readonly dimension: string
  readonly answer: QueryAnswer | undefined
  readonly onSelect: (value: string) => void
}

/** The values of a dimension with most visitors; choosing one filters by it. */
export function TopList({ title, testId, dimension, answer, onSelect }: TopListProps) {
  const most = Math.max(1, ...(answer?.rows ?? []).map((row) => row.metrics.visitors ?? 0))
  return (
    <Paper component="section" withBorder p="lg" bg="var(--card)" aria-label={title}>
      <div className={styles.head}>
        <Title order={2} size="h5">
          {title}
        </Title>
        <Text size="xs" c="dimmed">
          Visitors
        </Text>
      </div>
      <ol className={styles.list} data-testid={testId}>
        {answer
          ? answer.rows.map((row) => {
              const value = row.dimensions[dimension] ?? ''
              const visitors = row.metrics.visitors ?? 0
              return (
                <li key={value}>
                  <UnstyledButton
                    className={styles.item}
                    onClick={() => onSelect(value)}
                    title={`Show only ${value}`}
                  >
                    <span
                      className={styles.bar}
                      style={{ width: `${(100 * visitors) / most}%` }}
                      aria-hidden
                    />
                    <span className={styles.name}>{value}</span>
                    <span className={styles.count}>{formatMetric('visitors', visitors)}</span>
                  </UnstyledButton>
                </li>
              )
            })
          : [80, 60, 45].map((width) => <Skeleton key={width} h={28} my={6} w={`${width}%`} />)}
      </ol>
      {answer?.rows.length === 0 && (
        <Text c="dimmed" size="sm" py="md">
          Nothing in this range.
        </Text>
      )}
    </Paper>
  )
}
