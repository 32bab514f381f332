import { BEHAVIOUR_CASES } from './behaviour.ts'
import { CORE_CASES } from './core.ts'
import { COST_CASES } from './cost.ts'
import { DELIVERY_CASES } from './delivery.ts'
import { FEATURE_CASES } from './features.ts'
import { HOSTILE_CASES } from './hostile.ts'
import { PACKAGE_CASES } from './package.ts'
import { READING_CASES } from './reading.ts'
import { README_CASES } from './readme.ts'
import { REDACTION_CASES } from './redaction.ts'
import { VIEW_CASES } from './views.ts'
import { VISITOR_CASES } from './visitors.ts'
import { VITAL_CASES } from './vitals.ts'
import type { Case } from './world.ts'

/** Every case that a machine can run, by its number. */
export const CASES: readonly Case[] = [
  ...VIEW_CASES,
  ...DELIVERY_CASES,
  ...VISITOR_CASES,
  ...HOSTILE_CASES,
  ...READING_CASES,
  ...BEHAVIOUR_CASES,
  ...FEATURE_CASES,
  ...VITAL_CASES,
  ...CORE_CASES,
  ...PACKAGE_CASES,
  ...REDACTION_CASES,
  ...README_CASES,
  ...COST_CASES,
].sort((one, other) => (one.id < other.id ? -1 : 1))
