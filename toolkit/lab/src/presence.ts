// The people who are connected, from the shared document's awareness.
import { Signal } from '@lumino/signaling';
import type { Awareness } from 'y-protocols/awareness';
import { samePerson, type Person, type SessionConfig } from './config';

interface AwarenessState {
  /** JupyterLab's own field, from the server's identity provider. */
  readonly user?: { display_name?: string; initials?: string; color?: string };
  /** Our field: the person, and the position in view. */
  readonly mentoring?: Person & ViewPosition;
}

/** The notebook and the cell that a person has in view. */
export interface ViewPosition {
  readonly notebook?: string;
  /** The id of the cell. */
  readonly cell?: string;
}

export class Presence {
  readonly changed = new Signal<this, void>(this);
  private published: ViewPosition = {};

  constructor(
    readonly config: SessionConfig,
    private readonly awareness: Awareness
  ) {
    this.publish({});
    awareness.on('change', this.onChange);
  }

  dispose(): void {
    this.awareness.off('change', this.onChange);
    Signal.clearData(this);
  }

  get me(): Person {
    return { role: this.config.role, name: this.config.name };
  }

  /** Everybody in the session, this page's user first. */
  get all(): Person[] {
    return [this.me, ...this.config.partners];
  }

  /** Publish the position in view to the other pages. */
  publish(more: ViewPosition): void {
    this.published = more;
    this.awareness.setLocalStateField('mentoring', { ...this.me, ...more });
  }

  /** Publish it again after a reconnection: the others took this page for closed. */
  republish(): void {
    this.publish(this.published);
  }

  isHere(person: Person): boolean {
    return samePerson(person, this.me) || this.states(person).length > 0;
  }

  color(person: Person): string {
    const state = samePerson(person, this.me) ? this.awareness.getLocalState() : this.states(person)[0];
    return (state as AwarenessState | null)?.user?.color ?? 'var(--jp-brand-color1)';
  }

  /** The position that `person` has in view. */
  viewOf(person: Person): ViewPosition {
    return this.states(person)[0]?.mentoring ?? {};
  }

  private states(person: Person): AwarenessState[] {
    const others = [...this.awareness.getStates()].filter(([id]) => id !== this.awareness.clientID);
    return others.map(([, state]) => state as AwarenessState).filter(state => samePerson(state.mentoring, person));
  }

  private readonly onChange = ({ added }: { added: number[] }): void => {
    // The server stores no awareness states for new clients: each page publishes its own again.
    if (added.some(id => id !== this.awareness.clientID)) this.publish(this.published);
    this.changed.emit();
  };
}

/** "Zoé Lefèvre" -> "ZL". */
export function initials(name: string): string {
  const words = name.split(/\s+/).filter(Boolean);
  const ends = words.length > 1 ? [words[0]!, words.at(-1)!] : words;
  return ends.map(word => [...word][0]!.toUpperCase()).join('');
}
