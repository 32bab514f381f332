import { redactText } from '../../redact/text.ts'

/** The document's title as it is sent. */
export const pageTitle = () => redactText(document.title.slice(0, 512))
