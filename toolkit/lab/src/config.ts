// The session's configuration of this page: its user, the other people, the notebooks, and the texts.
import { PageConfig } from '@jupyterlab/coreutils';

export type Role = 'mentor' | 'student';
export type Words = Record<string, any>;

export interface Person {
  readonly role: Role;
  readonly name: string;
}

/** A student's own notebook in a group; `writes` is true if this page's user may change it. */
export interface GroupNotebook extends Person {
  readonly notebook: string;
  readonly writes: boolean;
}

/** The page option "mentoring", as the session's server writes it (`page_config` in toolkit/live). */
export interface SessionConfig extends Person {
  readonly partners: readonly Person[];
  /** The shared notebook; in a group the board. */
  readonly notebook: string;
  /** In a group, each student's own notebook. */
  readonly copies: readonly GroupNotebook[];
  /** In a group, the exercise of the day. */
  readonly card: (Readonly<Words> & { readonly id: string }) | null;
  readonly language: 'en' | 'fr';
  /** The planned length of the session in minutes. */
  readonly minutes: number;
  /** The usual agenda, offered if the session's agenda is empty. */
  readonly usual: readonly { text: string; minutes: number }[];
  readonly strings: Readonly<
    Record<'panel' | 'agenda' | 'checklist' | 'actions' | 'timer' | 'prep' | 'exercise', Words>
  >;
}

/** Read the configuration; null if this page belongs to no session. */
export function readConfig(): SessionConfig | null {
  const text = PageConfig.getOption('mentoring');
  return text ? (JSON.parse(text) as SessionConfig) : null;
}

/** Return true if both are the same person; a missing person equals nobody. */
export function samePerson(one: Person | null | undefined, other: Person | null | undefined): boolean {
  return !!one && !!other && one.role === other.role && one.name === other.name;
}
