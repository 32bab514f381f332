import { Center, Paper, Stack } from '@mantine/core'
import type { ReactNode } from 'react'
import { Mark } from './Mark.tsx'

/** A page that has one thing to say. */
export function Notice({ children }: { children: ReactNode }) {
  return (
    <Center mih="100vh" p="md" component="main">
      <Paper withBorder p="xl" maw={560} w="100%" bg="var(--card)">
        <Stack ta="center" gap="md" align="stretch">
          <Center>
            <Mark />
          </Center>
          {children}
        </Stack>
      </Paper>
    </Center>
  )
}
