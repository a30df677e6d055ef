// Who is here: the people of the session, found in the document's awareness.
import { Signal } from '@lumino/signaling';
import type { Awareness } from 'y-protocols/awareness';
import { same, type Person, type SessionConfig } from './config';

interface State {
  /** JupyterLab's own, from the server's identity provider. */
  readonly user?: { display_name?: string; initials?: string; color?: string };
  /** Ours. */
  readonly mentoring?: Person & Look;
}

/** What somebody looks at. */
export interface Look {
  readonly notebook?: string;
  /** The id of the cell. */
  readonly cell?: string;
}

export class People {
  readonly changed = new Signal<this, void>(this);
  private said: Look = {};

  constructor(
    readonly config: SessionConfig,
    private readonly awareness: Awareness
  ) {
    this.say({});
    awareness.on('change', this.onChange);
  }

  dispose(): void {
    this.awareness.off('change', this.onChange);
    Signal.clearData(this);
  }

  get me(): Person {
    return { role: this.config.role, name: this.config.name };
  }

  /** Everybody of the session, whoever sits here first. */
  get all(): Person[] {
    return [this.me, ...this.config.partners];
  }

  /** Tell the others something of this page: what is looked at. */
  say(more: Look): void {
    this.said = more;
    this.awareness.setLocalStateField('mentoring', { ...this.me, ...more });
  }

  /** Say so again: whoever was out of reach is taken for being away. */
  back(): void {
    this.say(this.said);
  }

  isHere(person: Person): boolean {
    return same(person, this.me) || this.states(person).length > 0;
  }

  color(person: Person): string {
    const state = same(person, this.me) ? this.awareness.getLocalState() : this.states(person)[0];
    return (state as State | null)?.user?.color ?? 'var(--jp-brand-color1)';
  }

  /** What `person` looks at. */
  look(person: Person): Look {
    return this.states(person)[0]?.mentoring ?? {};
  }

  private states(person: Person): State[] {
    const others = [...this.awareness.getStates()].filter(([id]) => id !== this.awareness.clientID);
    return others.map(([, state]) => state as State).filter(state => same(state.mentoring, person));
  }

  private readonly onChange = ({ added }: { added: number[] }): void => {
    // The server keeps nobody's state for who comes later: whoever is here says so again.
    if (added.some(id => id !== this.awareness.clientID)) this.say(this.said);
    this.changed.emit();
  };
}

/** "Zoé Lefèvre" -> "ZL". */
export function initials(name: string): string {
  const words = name.split(/\s+/).filter(Boolean);
  const ends = words.length > 1 ? [words[0]!, words.at(-1)!] : words;
  return ends.map(word => [...word][0]!.toUpperCase()).join('');
}
