/** What the doctor found: `bad` needs something done, `note` is to be known, `ok` was looked at. */
export interface Finding {
  readonly level: 'ok' | 'note' | 'bad'
  readonly what: string
  /** What to do about it. */
  readonly todo?: string
}

export const ok = (what: string): Finding => ({ level: 'ok', what })
export const note = (what: string, todo: string): Finding => ({ level: 'note', what, todo })
export const bad = (what: string, todo: string): Finding => ({ level: 'bad', what, todo })
