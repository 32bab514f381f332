import { Group, Text, Tooltip } from '@mantine/core'
import { useReport } from '../use-live-reports.ts'
import styles from './CurrentVisitors.module.css'

/** Visitors with an event in the last five minutes. */
export function CurrentVisitors({ siteId }: { siteId: string }) {
  const { data } = useReport(siteId, { metrics: ['visitors'], range: 'realtime' })
  return (
    <Tooltip label="Visitors with an event in the last 5 minutes">
      <Group gap={6} wrap="nowrap" className={styles.current}>
        <span className={styles.dot} aria-hidden />
        <Text span fw={600} data-testid="current-visitors">
          {data?.totals.visitors ?? '–'}
        </Text>
        <Text span c="dimmed" size="sm">
          now
        </Text>
      </Group>
    </Tooltip>
  )
}
