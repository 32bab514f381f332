/** Whether the browser says for its user that nothing may be kept of them: Global Privacy Control, or Do Not Track. */
export function hasRefused(): boolean {
  const { globalPrivacyControl, doNotTrack } = navigator as Navigator & {
    readonly globalPrivacyControl?: boolean
  } // not in the DOM types
  return !!globalPrivacyControl || doNotTrack === '1'
}
