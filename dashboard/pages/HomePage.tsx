import {
  Anchor,
  Button,
  Center,
  Code,
  CopyButton,
  Group,
  Loader,
  Stack,
  Text,
  Title,
} from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Navigate } from '@tanstack/react-router'
import { Notice } from '../components/Notice.tsx'
import { ProblemNotice } from '../components/ProblemNotice.tsx'
import { fetchSites } from '../server-api.ts'

/** `/dashboard/`: goes to the first site, or tells how to get one. */
export function HomePage() {
  // A first visit makes the site in development: the page notices by itself.
  const sites = useQuery({ queryKey: ['sites'], queryFn: fetchSites, refetchInterval: 2_000 })
  if (sites.error) return <ProblemNotice error={sites.error} retry={() => void sites.refetch()} />
  if (!sites.data) {
    return (
      <Center h="100vh">
        <Loader aria-label="Loading" />
      </Center>
    )
  }
  const [first] = sites.data
  if (first) return <Navigate to="/$site" params={{ site: first.siteId }} replace />
  const tag = `<script defer src="${location.origin}/js/tracking.js" data-site="YOUR-SITE-ID"></script>`
  return (
    <Notice>
      <Title order={2}>Waiting for the first visit</Title>
      <Text c="dimmed">
        Paste this line into the head of your pages. The numbers appear here by themselves.
      </Text>
      <Code block>{tag}</Code>
      <Group justify="center">
        <CopyButton value={tag}>
          {({ copied, copy }) => (
            <Button onClick={copy}>{copied ? 'Copied' : 'Copy the line'}</Button>
          )}
        </CopyButton>
        <Stack gap={0}>
          <Anchor href="/demo/" target="_blank">
            or visit the demo site
          </Anchor>
        </Stack>
      </Group>
    </Notice>
  )
}
