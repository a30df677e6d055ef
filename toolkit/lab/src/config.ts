// What the session's server says about this page: who sits here, with whom, at which notebook, in which words.
import { PageConfig } from '@jupyterlab/coreutils';

export type Role = 'mentor' | 'student';
export type Words = Record<string, any>;

export interface Person {
  readonly role: Role;
  readonly name: string;
}

/** A student's own notebook in a group; `writes` is whether it may be changed from here. */
export interface GroupNotebook extends Person {
  readonly notebook: string;
  readonly writes: boolean;
}

/** As `page_config` in toolkit/live/page.py writes it. */
export interface SessionConfig extends Person {
  readonly partners: readonly Person[];
  /** What all meet in; in a group it is the board. */
  readonly notebook: string;
  /** In a group, everybody's own. */
  readonly copies: readonly GroupNotebook[];
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
export function samePerson(one: Person | null | undefined, other: Person | null | undefined): boolean {
  return !!one && !!other && one.role === other.role && one.name === other.name;
}
