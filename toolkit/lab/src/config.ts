// What the session's server says about this page: who sits here, with whom, at which notebook, in which words.
import { PageConfig } from '@jupyterlab/coreutils';

export type Role = 'mentor' | 'student';
export type Words = Record<string, any>;

export interface Person {
  readonly role: Role;
  readonly name: string;
}

/** A student's own notebook in a group; `writes` is whether it may be changed from here. */
export interface Copy extends Person {
  readonly notebook: string;
  readonly writes: boolean;
}

/** As `page_config` in toolkit/live/server/page_config.py writes it. */
export interface SessionConfig extends Person {
  readonly partners: readonly Person[];
  /** What all meet in; in a group it is the board. */
  readonly notebook: string;
  /** In a group, everybody's own. */
  readonly copies: readonly Copy[];
  /** In a group, the exercise of the day. */
  readonly card: (Readonly<Words> & { readonly id: string }) | null;
  readonly language: 'en' | 'fr';
  /** How long the session is to be. */
  readonly minutes: number;
  /** The usual agenda, for a session that begins with none. */
  readonly usual: readonly { text: string; minutes: number }[];
  readonly strings: Readonly<
    Record<'panel' | 'agenda' | 'checklist' | 'actions' | 'timer' | 'prep' | 'exercise', Words>
  >;
}

/** Read it; null where this page belongs to no session. */
export function readConfig(): SessionConfig | null {
  const text = PageConfig.getOption('mentoring');
  return text ? (JSON.parse(text) as SessionConfig) : null;
}

/** Tell whether the two are one person; anybody else is nobody. */
export function same(one: Person | null | undefined, other: Person | null | undefined): boolean {
  return !!one && !!other && one.role === other.role && one.name === other.name;
}

/** Put values into a sentence: `say('{n} min', {n: 5})`. */
export function say(sentence: string, values: Record<string, string | number> = {}): string {
  return sentence.replace(/\{(\w+)\}/g, (_match, field: string) => String(values[field] ?? ''));
}

/** Put a number into the form of a sentence that goes with it. */
export function count(words: Words, key: string, n: number, values: Record<string, string | number> = {}): string {
  const many = words['plural'] === 'n > 1' ? n > 1 : n !== 1;
  return say(words[key][many ? 1 : 0], { n, ...values });
}

/** To make one takes half a millisecond, and what is saved is said after each change. */
const clocks = new Map<string, Intl.DateTimeFormat>();

/** Day before month and 24 hours, as in everything else that the toolkit writes. */
export function clock(language: string, moment: string | number | Date): string {
  const locale = language === 'en' ? 'en-GB' : language;
  const format = clocks.get(locale) ?? new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' });
  clocks.set(locale, format);
  return format.format(new Date(moment));
}
