import type { CoreOptions } from './options.ts'

/** Everything a site may set. */
export interface Options extends CoreOptions, FeatureOptions {}

/** What the features need that come when the page is idle. */
export interface FeatureOptions {
  /** Depths in percent at which a `scroll` event is sent; the exact maximum is kept in any case. */
  scrollMilestones: readonly (number | string)[]
  trackTextSelection: boolean
  trackPageVisibility: boolean
  trackWebVitals: boolean
  /** The first words of what is copied or selected, after redaction. */
  textExcerpt: boolean
  /** File endings that count as downloads. */
  downloadExtensions: readonly string[]
  /** Paths that mean that the form sent before has succeeded; `*` stands for anything. */
  formSuccessPages: readonly string[]
}

const DOWNLOADS =
  'pdf,doc,docx,xls,xlsx,ppt,pptx,odt,ods,odp,rtf,csv,txt,epub,zip,7z,rar,gz,tgz,tar,dmg,exe,msi,pkg,deb,rpm,apk,iso,mp3,wav,mp4,mov,avi,mkv'

export const FEATURE_DEFAULTS: FeatureOptions = {
  scrollMilestones: [],
  trackTextSelection: true,
  trackPageVisibility: true,
  trackWebVitals: true,
  textExcerpt: false,
  downloadExtensions: DOWNLOADS.split(','),
  formSuccessPages: [],
}
