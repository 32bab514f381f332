/** What one event type is: drives validation, storage and documentation. */
export interface EventTypeDefinition {
  readonly name: string
  readonly description: string
  /** The table of the pipeline that it feeds. */
  readonly table: 'pageviews' | 'user_events'
  /** Fields of `eventData` with their unit or form. */
  readonly fields: Readonly<Record<string, string>>
}
