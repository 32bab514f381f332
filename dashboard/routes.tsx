import { createRootRoute, createRoute, createRouter } from '@tanstack/react-router'
import { HomePage } from './pages/HomePage.tsx'
import { OverviewPage } from './pages/OverviewPage.tsx'
import { isRange, type RangeValue } from './ranges.ts'

/** What the address of a report keeps, so that it can be sent to somebody. */
export interface ReportSearch {
  readonly range?: RangeValue
  readonly page?: string
  readonly source?: string
}

const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)

const root = createRootRoute()

export const homeRoute = createRoute({ getParentRoute: () => root, path: '/', component: HomePage })

export const overviewRoute = createRoute({
  getParentRoute: () => root,
  path: '/$site',
  validateSearch: (search: Record<string, unknown>): ReportSearch => ({
    ...(isRange(search.range) && { range: search.range }),
    ...(text(search.page) && { page: text(search.page) }),
    ...(text(search.source) && { source: text(search.source) }),
  }),
  component: OverviewPage,
})

/** The table of contents of the product. */
export const createAppRouter = () =>
  createRouter({ routeTree: root.addChildren([homeRoute, overviewRoute]), basepath: '/dashboard' })

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>
  }
}
