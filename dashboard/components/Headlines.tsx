import { Skeleton, Text, UnstyledButton } from '@mantine/core'
import type { QueryAnswer } from '../../contract/query.ts'
import { changeOf, formatMetric, HEADLINES, type HeadlineMetric } from '../metric-format.ts'
import styles from './Headlines.module.css'

interface HeadlinesProps {
  readonly answer: QueryAnswer | undefined
  readonly selected: HeadlineMetric
  readonly onSelect: (metric: HeadlineMetric) => void
}

/** The figures of the range with their change; the selected one is drawn in the graph. */
export function Headlines({ answer, selected, onSelect }: HeadlinesProps) {
  const compare = answer?.rows[0]?.compare
  return (
    <div className={styles.row}>
      {HEADLINES.map((headline) => {
        const { metric, label } = headline
        const change = changeOf(answer?.totals[metric], compare?.[metric])
        return (
          <UnstyledButton
            key={metric}
            className={styles.figure}
            aria-pressed={metric === selected}
            onClick={() => onSelect(metric)}
          >
            <Text size="sm" c="dimmed">
              {label}
            </Text>
            {answer ? (
              <span className={styles.value} data-testid={`metric-${metric}`}>
                {formatMetric(metric, answer.totals[metric])}
              </span>
            ) : (
              <Skeleton h={28} w={72} my={4} />
            )}
            <Change change={change} lowerIsBetter={'lowerIsBetter' in headline} />
          </UnstyledButton>
        )
      })}
    </div>
  )
}

function Change({ change, lowerIsBetter }: { change: number | undefined; lowerIsBetter: boolean }) {
  if (change === undefined) {
    return (
      <Text size="xs" c="dimmed">
        nothing before
      </Text>
    )
  }
  const better = change === 0 ? undefined : change > 0 !== lowerIsBetter
  return (
    <Text
      size="xs"
      className={better === undefined ? styles.same : better ? styles.better : styles.worse}
    >
      {change > 0 ? '↑' : change < 0 ? '↓' : '='} {Math.abs(change)}%
    </Text>
  )
}
