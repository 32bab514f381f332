import {
  ActionIcon,
  Box,
  Group,
  Menu,
  Select,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core'
import { isRange, RANGES, type RangeValue } from '../ranges.ts'
import type { Site } from '../server-api.ts'
import { signOut } from '../server-api.ts'
import { CurrentVisitors } from './CurrentVisitors.tsx'
import styles from './Header.module.css'
import { Mark } from './Mark.tsx'

interface HeaderProps {
  readonly sites: readonly Site[]
  readonly siteId: string
  readonly range: RangeValue
  readonly onSite: (siteId: string) => void
  readonly onRange: (range: RangeValue) => void
}

export function Header({ sites, siteId, range, onSite, onRange }: HeaderProps) {
  const scheme = useComputedColorScheme('light')
  const { setColorScheme } = useMantineColorScheme()
  return (
    <Box component="header" className={styles.header}>
      <Group gap="md" wrap="nowrap">
        <Mark />
        <Select
          aria-label="Site"
          data={sites.map((site) => ({ value: site.siteId, label: site.name }))}
          value={siteId}
          onChange={(value) => value && onSite(value)}
          allowDeselect={false}
          className={styles.site}
        />
      </Group>
      <Group gap="sm" wrap="nowrap" className={styles.tools}>
        <CurrentVisitors siteId={siteId} />
        <Select
          aria-label="Range"
          data={RANGES.map(({ value, label }) => ({ value, label }))}
          value={range}
          onChange={(value) => isRange(value) && onRange(value)}
          allowDeselect={false}
          className={styles.range}
        />
        <Menu position="bottom-end">
          <Menu.Target>
            <ActionIcon variant="default" size={36} aria-label="Menu">
              ⋯
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => setColorScheme(scheme === 'dark' ? 'light' : 'dark')}>
              {scheme === 'dark' ? 'Light colours' : 'Dark colours'}
            </Menu.Item>
            <Menu.Item component="a" href="/docs">
              API
            </Menu.Item>
            <Menu.Item onClick={() => void signOut().then(() => location.reload())}>
              Sign out
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </Group>
    </Box>
  )
}
