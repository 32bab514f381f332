import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { EVENT_TYPES } from '../contract/event-types.ts'
import { FEATURE_DEFAULTS } from './js/feature-options.ts'
import { CORE_DEFAULTS } from './js/options.ts'

const DEFAULTS = { ...CORE_DEFAULTS, ...FEATURE_DEFAULTS }
const readme = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8')
// The formatter pads the cells of tables.
const unpadded = readme.replace(/ *\| */g, '|')

describe('tracking/README.md', () => {
  it('has the events as contract/event-types defines them', () => {
    const list = EVENT_TYPES.map(({ name, description, fields }) => {
      const members = Object.entries(fields).map(([field, what]) => `\`${field}\` ${what}`)
      return `- **\`${name}\`** ${[description, ...members].join('<br>')}`
    }).join('\n')
    expect(readme).toContain(list)
  })

  it.each(Object.entries(DEFAULTS))('has the option %s and its default', (name, usual) => {
    const row = new RegExp(`^\\|\`${name}\`\\|(.*?)\\|`, 'm').exec(unpadded)
    expect(row, 'a line in the table of options').not.toBeNull()
    const shown = row?.[1] ?? ''
    if (name === 'downloadExtensions')
      expect(shown).toBe(`pdf, zip, csv and ${DEFAULTS.downloadExtensions.length - 3} more`)
    else expect(shown).toBe(`${usual}` && `\`${usual}\``)
  })
})
