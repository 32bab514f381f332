import { Button, Code, Text, Title } from '@mantine/core'
import { ServerProblem } from '../server-api.ts'
import { Notice } from './Notice.tsx'

/** What stands where a page would be, when the server refused or could not be reached. */
export function ProblemNotice({ error, retry }: { error: Error; retry: () => void }) {
  if (error instanceof ServerProblem && error.status === 401) {
    return (
      <Notice>
        <Title order={2}>Sign in</Title>
        <Text c="dimmed">
          Open the one-time link that Footfall printed when it first started. It is used up, or you
          have lost it? This prints another:
        </Text>
        <Code block>npm run footfall -- sign-in-link</Code>
      </Notice>
    )
  }
  return (
    <Notice>
      <Title order={2}>That did not work</Title>
      <Text c="dimmed">{error.message}</Text>
      <Button onClick={retry}>Try again</Button>
    </Notice>
  )
}
