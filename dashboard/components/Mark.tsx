import { Group, Text } from '@mantine/core'

/** The product's mark and name. */
export function Mark() {
  return (
    <Group gap={10} wrap="nowrap">
      <img src="/dashboard/mark.svg" alt="" width={28} height={28} />
      <Text fw={700} size="lg" visibleFrom="xs">
        Footfall
      </Text>
    </Group>
  )
}
