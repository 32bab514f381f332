import type { Query, QueryAnswer } from '../contract/query.ts'

/** A refusal of the server's, in its own words. */
export class ServerProblem extends Error {
  readonly status: number

  constructor(status: number, detail: string) {
    super(detail)
    this.status = status
  }
}

export interface Site {
  readonly siteId: string
  readonly name: string
  readonly timezone: string
}

async function ask<T>(path: string, init?: RequestInit): Promise<T> {
  const answer = await fetch(path, init).catch(() => {
    throw new ServerProblem(0, 'The server cannot be reached.')
  })
  const body: unknown = await answer.json().catch(() => undefined)
  if (!answer.ok) {
    const { detail } = (body ?? {}) as { detail?: string } // problem+json, or a proxy's page
    throw new ServerProblem(answer.status, detail ?? `The server answered ${answer.status}.`)
  }
  return body as T // the server is ours: contract/query.ts
}

const post = (body: object): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

export const fetchMe = () => ask<{ user: { email: string } }>('/api/v1/me')

export const fetchSites = async () => (await ask<{ sites: readonly Site[] }>('/api/v1/sites')).sites

export const fetchReport = (siteId: string, query: Query) =>
  ask<QueryAnswer>(`/api/v1/sites/${encodeURIComponent(siteId)}/query`, post(query))

export const signOut = () => ask('/api/auth/sign-out', post({}))
