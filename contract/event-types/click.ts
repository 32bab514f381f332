import type { EventTypeDefinition } from './definition.ts'

export const click: EventTypeDefinition = {
  name: 'click',
  description: 'A click on a link or a control.',
  table: 'user_events',
  isInteractive: true,
  fields: {
    selector: 'of the control',
    tag: 'element name',
    isControl: 'a control, not just any element',
    x: '0–1000, place in the element from the left',
    y: '0–1000, from the top',
    box: 'px, the element on the page: left, top, width, height',
    layout:
      'hash of the page’s first 50 main parts in their order, and what they are in (`header`, `nav`, `main`, `aside`, `footer`, `section`, `form`)',
    link: '`internal`, `mailto`, `tel` … for links',
  },
}
