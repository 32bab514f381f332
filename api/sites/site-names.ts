import type { Filter } from '../../contract/query.ts'
import type { Pool } from '../../database/postgres.ts'
import { type GoalDefinition, goalFilter, type SiteNames } from '../../reports/goal.ts'
import { Problem } from '../errors.ts'

/** What a report has to know of a site. */
export interface SiteSettings {
  readonly timezone: string
  /** The group that the site is in. */
  readonly group?: string
  readonly names: SiteNames
}

interface GoalRow {
  readonly name: string
  readonly definition: GoalDefinition
  readonly value: number
  readonly currency: string | null
}

/** The site's zone, goals and segments, or a 404 Problem. A segment has its name and its number. */
export async function readSite(pool: Pool, siteId: string): Promise<SiteSettings> {
  const { rows } = await pool.query<{
    timezone: string
    group: string | null
    goals: readonly GoalRow[] | null
    segments: readonly { name: string; id: number; filters: readonly Filter[] }[] | null
  }>(
    `/* site of a report */
     select timezone,
       (select name from site_groups where site_groups.site_id = sites.site_id) as group,
       (select json_agg(json_build_object('name', name, 'definition', definition,
                                          'value', value, 'currency', currency) order by name)
        from goals where goals.site_id = sites.site_id) as goals,
       (select json_agg(json_build_object('name', name, 'id', segment_id, 'filters', filters))
        from segments where segments.site_id = sites.site_id) as segments
     from sites where site_id = $1`,
    [siteId],
  )
  const site = rows[0]
  if (!site) throw new Problem('not_found', 'There is no such site.')
  return {
    timezone: site.timezone,
    ...(site.group !== null && { group: site.group }),
    names: {
      goals: (site.goals ?? []).map(({ name, definition, value, currency }) => ({
        name,
        reached: goalFilter(definition),
        value: Number(value),
        ...(currency !== null && { currency }),
      })),
      segments: Object.fromEntries(
        (site.segments ?? []).flatMap(({ name, id, filters }) => {
          const all: Filter = ['and', filters]
          return [
            [String(id), all],
            [name, all],
          ]
        }),
      ),
    },
  }
}
