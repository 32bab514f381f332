import { clicks } from './clicks.ts'
import { explain } from './explain.ts'
import { form } from './form.ts'
import { forms } from './forms.ts'
import { funnel } from './funnel.ts'
import { funnelSessions } from './funnel-sessions.ts'
import { funnelTimes } from './funnel-times.ts'
import { journeys } from './journeys.ts'
import { lifecycle } from './lifecycle.ts'
import { LIST_QUESTIONS, vitals } from './lists.ts'
import { page } from './page.ts'
import type { Question } from './question.ts'
import { realtime } from './realtime.ts'
import { retention } from './retention.ts'
import { session } from './session.ts'
import { sessions } from './sessions.ts'

/** Every question. Adding one is adding a file and a line here. */
export const QUESTIONS: readonly Question[] = [
  funnel,
  funnelSessions,
  funnelTimes,
  journeys,
  retention,
  lifecycle,
  sessions,
  session,
  page,
  clicks,
  forms,
  form,
  realtime,
  ...LIST_QUESTIONS,
  vitals,
  explain,
]
