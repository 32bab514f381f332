import { click } from './event-types/click.ts'
import { custom } from './event-types/custom.ts'
import { deadClick } from './event-types/dead-click.ts'
import type { EventTypeDefinition } from './event-types/definition.ts'
import { engagement } from './event-types/engagement.ts'
import { fileDownload } from './event-types/file-download.ts'
import { formAbandon } from './event-types/form-abandon.ts'
import { formInvalid } from './event-types/form-invalid.ts'
import { formLoad } from './event-types/form-load.ts'
import { formStart } from './event-types/form-start.ts'
import { formSubmit } from './event-types/form-submit.ts'
import { formSuccess } from './event-types/form-success.ts'
import { formTouch } from './event-types/form-touch.ts'
import { formView } from './event-types/form-view.ts'
import { identify } from './event-types/identify.ts'
import { jsError } from './event-types/js-error.ts'
import { outboundLink } from './event-types/outbound-link.ts'
import { pageVisibility } from './event-types/page-visibility.ts'
import { pageview } from './event-types/pageview.ts'
import { rageClick } from './event-types/rage-click.ts'
import { scroll } from './event-types/scroll.ts'
import { textCopy } from './event-types/text-copy.ts'
import { textSelect } from './event-types/text-select.ts'
import { webVital } from './event-types/web-vital.ts'

/** The built-in types. Adding one is adding a file and a line here. */
export const EVENT_TYPES: readonly EventTypeDefinition[] = [
  pageview,
  engagement,
  scroll,
  click,
  outboundLink,
  fileDownload,
  rageClick,
  deadClick,
  formLoad,
  formView,
  formTouch,
  formStart,
  formSubmit,
  formInvalid,
  formSuccess,
  formAbandon,
  textSelect,
  textCopy,
  pageVisibility,
  webVital,
  jsError,
  identify,
]

const byName = new Map(EVENT_TYPES.map((definition) => [definition.name, definition]))

/** The definition of a type; any other name is a custom event. */
export function eventTypeOf(name: string): EventTypeDefinition {
  return byName.get(name) ?? custom
}

/** Whether the name is a type of ours; any other is made up by a site. */
export const isBuiltIn = (name: string): boolean => byName.has(name)

/** Types that other tools have not as events: how a page is read and used, told by the library of itself. */
export const AUTOMATIC_TYPES: readonly string[] = EVENT_TYPES.map(({ name }) => name).filter(
  (name) => !['pageview', 'outbound_link', 'file_download', 'form_success'].includes(name),
)
