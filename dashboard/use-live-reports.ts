import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import type { Query } from '../contract/query.ts'
import { fetchReport } from './server-api.ts'

/** A report that stays on the screen while a newer one is fetched. */
export function useReport(siteId: string, query: Query) {
  return useQuery({
    queryKey: ['report', siteId, query],
    queryFn: () => fetchReport(siteId, query),
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
  })
}

const AT_MOST_EVERY_MS = 1_000

/** Fetches the site's reports anew when the server says that numbers came in: at once, then once a second at most. */
export function useLiveReports(siteId: string): void {
  const client = useQueryClient()
  useEffect(() => {
    let lastMs = 0
    let timer: number | undefined
    const refresh = () => {
      timer = undefined
      lastMs = performance.now()
      void client.invalidateQueries({ queryKey: ['report', siteId] })
    }
    const source = new EventSource(`/api/v1/sites/${encodeURIComponent(siteId)}/live`)
    source.addEventListener('change', () => {
      timer ??= window.setTimeout(
        refresh,
        Math.max(0, lastMs + AT_MOST_EVERY_MS - performance.now()),
      )
    })
    return () => {
      source.close()
      window.clearTimeout(timer)
    }
  }, [client, siteId])
}
