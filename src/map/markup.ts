/** Text for the content or an attribute of XML and HTML. XML 1.0 has no control characters, not even escaped ones. */
export function escapeMarkup(text: string): string {
  return text
    .replace(
      /[^\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]|[\u202a-\u202e\u2066-\u2069\x7f-\x9f]/gu,
      '\ufffd',
    )
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}
