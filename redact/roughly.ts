import { CLICK_IDS, KEPT_PARAMETERS } from './parameters.ts'

// What has an @, nine digits, or the form of a network address or a place …
const MAY_BE_PRIVATE =
  /[^\s/]{0,99}(?:@|%40)[^\s/]*|\S{1,99} ?[ [(]at[ \])] ?\S+\.\S+|\b(?:bearer|basic)\s+\S{8,}|\+[\d ().-]{7,}|(?:\d[ ().-]{0,2}){9,}|(?:\d+\.){3}\d+|[\da-f]*:[\da-f]*:[\da-f:.]+|\d\.\d{3,}\s?,\s?-?\d+\.\d+|\b[a-z]{2}(?: ?\d\d){3} ?[a-d]\b/gi
// … or follows a telling word, or is long and mixes digits, capitals and small letters.
const MAY_BE_TOKEN =
  /(?<=\/(?:reset|verify|invite|unsubscribe|magic|token)\/)[^/]+|\b(?=(?:[\w~+=.-]*?(?:[a-z]\d|\d[A-Za-z]|[a-z][A-Z])){3})[\w~+=.-]{20,}|\b(?=[\w~+=.]*[\dA-Z])[\w~+=.]{20,}/g

/**
 * Free text without anything that may be private, for a script that has no room
 * to tell what is from what only looks like it: whatever `redactText` would
 * take goes, and with it every number of nine digits or more.
 */
export const redactRoughly = (text: string) =>
  text.replace(MAY_BE_PRIVATE, '[private]').replace(MAY_BE_TOKEN, '[token]')

/** An http(s) address by the same measure; of its parameters what `redactUrl` keeps, of its fragment a route where it is wanted. */
export function redactUrlRoughly(
  url: string,
  keepParameters: readonly string[],
  keepsRoute: boolean,
): string {
  const { origin, pathname, searchParams, hash } = new URL(url)
  let query = ''
  searchParams.forEach((value, name) => {
    if (KEPT_PARAMETERS.test(name) || keepParameters.includes(name))
      query += `&${name}=${encodeURIComponent(redactRoughly(value))}`
    else if (Object.hasOwn(CLICK_IDS, name)) query += `&paid=${CLICK_IDS[name]}`
  })
  let path = pathname + (keepsRoute ? hash.replace(/^(#!?\/[^?]*)?.*/, '$1') : '')
  try {
    path = decodeURI(path)
  } catch {
    // Not UTF-8: judged as it stands.
  }
  return origin + redactRoughly(path) + query.replace('&', '?')
}
