// @ts-check
// Sentences with values in them, plural forms and times of day, for the views and the shared session's page.

export const MINUTE_MS = 60_000;

/**
 * Put values into the placeholders of a sentence: `formatText("{n} min", { n: 5 })`.
 *
 * @param {string} sentence
 * @param {Record<string, string | number>} [values]
 */
export function formatText(sentence, values = {}) {
  return String(sentence).replace(/\{(\w+)\}/g, (_match, field) => String(values[field] ?? ""));
}

/**
 * Choose the plural form of `words[key]` for `n`, and put the values into it.
 *
 * @param {Record<string, any>} words its "plural" is the language's rule: "n > 1" or "n != 1"
 * @param {string} key of two forms: the singular, the plural
 * @param {number} n
 * @param {Record<string, string | number>} [values]
 */
export function formatCount(words, key, n, values = {}) {
  const isPlural = words.plural === "n > 1" ? n > 1 : n !== 1;
  return formatText(words[key][isPlural ? 1 : 0], { n, ...values });
}

/** The locale of dates and times: British for "en", so that the day comes before the month and a day has 24 hours. */
export function localeOf(/** @type {string} */ language) {
  return language === "en" ? "en-GB" : language;
}

/** One formatter for each locale: making one takes 0.5 ms, and the time of saving is shown after each change. */
/** @type {Map<string, Intl.DateTimeFormat>} */
const timeFormats = new Map();

/**
 * Write the time of day of a moment, as "18:42".
 *
 * @param {string} language
 * @param {string | number | Date} moment
 */
export function formatTime(language, moment) {
  const locale = localeOf(language);
  const made = timeFormats.get(locale) ?? new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });
  timeFormats.set(locale, made);
  return made.format(new Date(moment));
}
