/** Whether the browser says for its user that nothing may be stored or sent: Global Privacy Control, or Do Not Track. */
export function hasRefused(): boolean {
  const { globalPrivacyControl, doNotTrack } = navigator as Navigator & {
    readonly globalPrivacyControl?: boolean
  } // not in the DOM types
  return !!globalPrivacyControl || doNotTrack === '1'
}
