// The session's record in the shared document: flat keys, one a field, so that two hands never write the same value.
import { Signal } from '@lumino/signaling';
import * as Y from 'yjs';
import { same, type Person } from './config';

export type Fields = Record<string, unknown>;

/** Whoever touched an entry last. */
export interface By extends Person {
  readonly at: string;
}

/** What one transaction changed: the names of the fields, by entry. */
export interface Change {
  readonly fields: ReadonlyMap<string, ReadonlySet<string>>;
  readonly local: boolean;
}

/** Whoever types is named anew after so many ms, not with each letter. */
const NAMED = 2000;

const equal = (one: unknown, other: unknown): boolean =>
  one === other || JSON.stringify(one) === JSON.stringify(other);

export class SharedRecord {
  readonly changed = new Signal<this, Change>(this);
  /** Emitted before a change of ours goes into the document. */
  readonly writes = new Signal<this, void>(this);
  /** Emitted when it is there. */
  readonly wrote = new Signal<this, void>(this);
  readonly map: Y.Map<unknown>;
  /** What the server says of saving. */
  readonly server: Y.Map<unknown>;
  readonly undoing: Y.UndoManager;
  /** The notes that both write. */
  readonly notes: Y.Text;
  readonly undoingNotes: Y.UndoManager;
  /** The origin of what is typed here. */
  readonly typing = Symbol('mentoring:notes');

  constructor(
    readonly ydoc: Y.Doc,
    readonly me: Person
  ) {
    this.map = ydoc.getMap('mentoring');
    this.server = ydoc.getMap('mentoring:server');
    this.undoing = new Y.UndoManager(this.map, { trackedOrigins: new Set([this.own]), captureTimeout: 0 });
    this.notes = ydoc.getText('mentoring:notes');
    this.undoingNotes = new Y.UndoManager(this.notes, { trackedOrigins: new Set([this.typing]) });
    this.map.observe(this.onMap);
  }

  dispose(): void {
    this.map.unobserve(this.onMap);
    this.undoing.destroy();
    this.undoingNotes.destroy();
    Signal.clearData(this);
  }

  /** The fields of an entry that are part of the record. */
  entry(name: string): Fields {
    return this.gather(name, key => !key.startsWith('@'));
  }

  /** The entries of a kind ("agenda"), by id; one without `needed` was taken away again. */
  entries(kind: string, needed: string): Map<string, Fields> {
    const found = new Map<string, Fields>();
    const start = `${kind}:`;
    this.map.forEach((value, key) => {
      const slash = key.indexOf('/');
      if (!key.startsWith(start) || slash < 0 || key[slash + 1] === '@') return;
      const id = key.slice(start.length, slash);
      const fields = found.get(id) ?? {};
      fields[key.slice(slash + 1)] = value;
      found.set(id, fields);
    });
    for (const [id, fields] of found) if (fields[needed] === undefined) found.delete(id);
    return found;
  }

  value<T>(key: string): T | undefined {
    return this.map.get(key) as T | undefined;
  }

  by(name: string): By | null {
    return this.value<By>(`${name}/@by`) ?? null;
  }

  /** Write the fields that differ, in one transaction, and who did it; this can be undone. */
  write(entries: ReadonlyMap<string, Fields>): void {
    const news: [string, unknown][] = [];
    const touched = new Set<string>();
    for (const [name, fields] of entries)
      for (const [field, value] of Object.entries(fields))
        if (!this.map.has(`${name}/${field}`) || !equal(this.map.get(`${name}/${field}`), value)) {
          news.push([`${name}/${field}`, value]);
          touched.add(name);
        }
    if (!news.length) return;
    this.writes.emit();
    this.ydoc.transact(() => {
      for (const [key, value] of news) this.map.set(key, value);
      for (const name of touched) this.map.set(`${name}/@by`, this.signature());
    }, this.own);
    this.wrote.emit();
  }

  /** Set fields that are no part of the record ("@wheel"); this is not undone. */
  note(values: Fields): void {
    this.writes.emit();
    this.ydoc.transact(() => {
      for (const [key, value] of Object.entries(values)) this.map.set(key, value);
    });
    this.wrote.emit();
  }

  /** Have the server say when all that we did until now is on its disk: it answers whoever touches the map. */
  ask(): void {
    this.ydoc.transact(() => this.map.set(`@text/${this.me.role}`, new Date().toISOString()));
  }

  /** Put `text` in the place of `removed` characters of the notes, from `start` on. */
  type(start: number, removed: number, text: string): void {
    this.writes.emit();
    this.ydoc.transact(() => {
      if (removed) this.notes.delete(start, removed);
      if (text) this.notes.insert(start, text);
      const by = this.by('notes');
      // What only takes away has no place of its own in the state that the server signs.
      if (removed || !same(by, this.me) || Date.now() - Date.parse(by!.at) > NAMED)
        this.map.set('notes/@by', this.signature());
    }, this.typing);
    this.wrote.emit();
  }

  /** Take back what was typed here last; what others typed meanwhile stays. */
  untype(): void {
    if (this.undoingNotes.undo()) this.note({ 'notes/@by': this.signature() });
  }

  retype(): void {
    if (this.undoingNotes.redo()) this.note({ 'notes/@by': this.signature() });
  }

  undo(): boolean {
    return this.turn(() => this.undoing.undo());
  }

  redo(): boolean {
    return this.turn(() => this.undoing.redo());
  }

  /** Taking back is touching too; it also gives what only takes away a place in the state that the server signs. */
  private turn(run: () => unknown): boolean {
    const touched = new Set<string>();
    const note = (event: Y.YMapEvent<unknown>) => event.keysChanged.forEach(key => touched.add(key.split('/')[0]!));
    this.map.observe(note);
    run();
    this.map.unobserve(note);
    if (!touched.size) return false;
    this.note(Object.fromEntries([...touched].map(name => [`${name}/@by`, this.signature()])));
    return true;
  }

  private signature(): By {
    return { role: this.me.role, name: this.me.name, at: new Date().toISOString() };
  }

  private gather(name: string, wanted: (field: string) => boolean): Fields {
    const found: Fields = {};
    this.map.forEach((value, key) => {
      const field = key.slice(name.length + 1);
      if (key.startsWith(`${name}/`) && wanted(field)) found[field] = value;
    });
    return found;
  }

  private readonly own = Symbol('mentoring');

  private readonly onMap = (event: Y.YMapEvent<unknown>, transaction: Y.Transaction): void => {
    const fields = new Map<string, Set<string>>();
    event.keysChanged.forEach(key => {
      const slash = key.indexOf('/');
      const name = key.slice(0, slash);
      fields.set(name, (fields.get(name) ?? new Set()).add(key.slice(slash + 1)));
    });
    this.changed.emit({ fields, local: transaction.local });
  };
}
