/** A click id names a person to an advertising network; the network is enough. */
export const CLICK_IDS: Readonly<Record<string, string>> = {
  gclid: 'google',
  gclsrc: 'google',
  dclid: 'google',
  gbraid: 'google',
  wbraid: 'google',
  fbclid: 'meta',
  msclkid: 'microsoft',
  twclid: 'x',
  li_fat_id: 'linkedin',
  igshid: 'instagram',
  ttclid: 'tiktok',
  rdt_cid: 'reddit',
  epik: 'pinterest',
  qclid: 'quora',
  sccid: 'snapchat',
  irclid: 'impact',
  _kx: 'klaviyo',
}

/**
 * Parameters that say where a visit came from. Any other may carry a secret, so
 * its name and value are dropped.
 */
export const KEPT_PARAMETERS = /^(?:utm_(?:source|medium|campaign|term|content)|ref|source)$/
