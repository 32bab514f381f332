/** What one event type is: drives validation, storage and documentation. */
export interface EventTypeDefinition {
  readonly name: string
  readonly description: string
  /** The table of the pipeline that it feeds. */
  readonly table: 'pageviews' | 'user_events'
  /** The visitor has done something: the visit is engaged. */
  readonly isInteractive?: true
  /** Fields of `eventData` with their unit or form. */
  readonly fields: Readonly<Record<string, string>>
}
