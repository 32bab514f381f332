import type { Feature } from './api.ts'
import { clicks } from './clicks.ts'
import { engagement } from './engagement.ts'
import { errors } from './errors.ts'
import { forms } from './forms.ts'
import { textSelection } from './text.ts'
import { pageVisibility } from './visibility.ts'
import { webVitals } from './vitals.ts'

/** All that is seen beside page views. */
export const FEATURES: readonly Feature[] = [
  engagement,
  clicks,
  forms,
  textSelection,
  pageVisibility,
  errors,
  webVitals,
]
