// The session's record in the shared document: flat keys, one a field, so that two hands never write the same value.
import { Signal } from '@lumino/signaling';
import * as Y from 'yjs';
import { REQUIRED_FIELDS } from '../../widgets/views/entryDefaults.js';
import { samePerson, type Person } from './config';

export type Fields = Record<string, unknown>;

/** Whoever touched an entry last. */
export interface Editor extends Person {
  readonly at: string;
}

/** What one transaction changed: the names of the fields, by entry. */
export interface Change {
  readonly fields: ReadonlyMap<string, ReadonlySet<string>>;
  readonly local: boolean;
}

/** Whoever types is named anew after so many ms, not with each letter. */
const EDITOR_REFRESH_MS = 2000;

const equal = (one: unknown, other: unknown): boolean => one === other || JSON.stringify(one) === JSON.stringify(other);

export class SharedRecord {
  readonly changed = new Signal<this, Change>(this);
  /** Emitted before a change of ours goes into the document. */
  readonly willWrite = new Signal<this, void>(this);
  /** Emitted when it is there. */
  readonly didWrite = new Signal<this, void>(this);
  readonly map: Y.Map<unknown>;
  /** What the server says of saving. */
  readonly server: Y.Map<unknown>;
  readonly undoManager: Y.UndoManager;
  /** The notes that both write. */
  readonly notes: Y.Text;
  readonly notesUndoManager: Y.UndoManager;
  /** The origin of what is typed here. */
  readonly notesOrigin = Symbol('mentoring:notes');

  constructor(
    readonly ydoc: Y.Doc,
    readonly me: Person
  ) {
    this.map = ydoc.getMap('mentoring');
    this.server = ydoc.getMap('mentoring:server');
    this.undoManager = new Y.UndoManager(this.map, { trackedOrigins: new Set([this.recordOrigin]), captureTimeout: 0 });
    this.notes = ydoc.getText('mentoring:notes');
    this.notesUndoManager = new Y.UndoManager(this.notes, { trackedOrigins: new Set([this.notesOrigin]) });
    this.map.observe(this.onMap);
  }

  dispose(): void {
    this.map.unobserve(this.onMap);
    this.undoManager.destroy();
    this.notesUndoManager.destroy();
    Signal.clearData(this);
  }

  /** The fields of an entry that are part of the record. */
  entry(name: string): Fields {
    return this.collectFields(name, key => !key.startsWith('@'));
  }

  /** The entries of a kind by id, without the incomplete ones: an entry that was removed has lost its required fields. */
  entries(kind: keyof typeof REQUIRED_FIELDS): Map<string, Fields> {
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
    const required = REQUIRED_FIELDS[kind];
    for (const [id, fields] of found) if (required.some(name => fields[name] === undefined)) found.delete(id);
    return found;
  }

  value<T>(key: string): T | undefined {
    return this.map.get(key) as T | undefined;
  }

  lastEditor(name: string): Editor | null {
    return this.value<Editor>(`${name}/@by`) ?? null;
  }

  /** Write the fields that differ, in one transaction, and who did it; this can be undone. */
  write(entries: ReadonlyMap<string, Fields>): void {
    const updates: [string, unknown][] = [];
    const touched = new Set<string>();
    for (const [name, fields] of entries)
      for (const [field, value] of Object.entries(fields))
        if (!this.map.has(`${name}/${field}`) || !equal(this.map.get(`${name}/${field}`), value)) {
          updates.push([`${name}/${field}`, value]);
          touched.add(name);
        }
    if (!updates.length) return;
    this.willWrite.emit();
    this.ydoc.transact(() => {
      for (const [key, value] of updates) this.map.set(key, value);
      for (const name of touched) this.map.set(`${name}/@by`, this.signature());
    }, this.recordOrigin);
    this.didWrite.emit();
  }

  /** Set fields that are no part of the record ("@wheel"); this is not undone. */
  setControl(values: Fields): void {
    this.willWrite.emit();
    this.ydoc.transact(() => {
      for (const [key, value] of Object.entries(values)) this.map.set(key, value);
    });
    this.didWrite.emit();
  }

  /** Have the server say when all that we did until now is on its disk: it answers whoever touches the map. */
  requestReceipt(): void {
    this.ydoc.transact(() => this.map.set(`@text/${this.me.role}`, new Date().toISOString()));
  }

  /** Put `text` in the place of `removed` characters of the notes, from `start` on. */
  editNotes(start: number, removed: number, text: string): void {
    this.willWrite.emit();
    this.ydoc.transact(() => {
      if (removed) this.notes.delete(start, removed);
      if (text) this.notes.insert(start, text);
      const by = this.lastEditor('notes');
      // What only takes away has no place of its own in the state that the server signs.
      if (removed || !samePerson(by, this.me) || Date.now() - Date.parse(by!.at) > EDITOR_REFRESH_MS)
        this.map.set('notes/@by', this.signature());
    }, this.notesOrigin);
    this.didWrite.emit();
  }

  /** Take back what was typed here last; what others typed meanwhile stays. */
  undoNotes(): void {
    if (this.notesUndoManager.undo()) this.setControl({ 'notes/@by': this.signature() });
  }

  redoNotes(): void {
    if (this.notesUndoManager.redo()) this.setControl({ 'notes/@by': this.signature() });
  }

  undo(): boolean {
    return this.applyUndo(() => this.undoManager.undo());
  }

  redo(): boolean {
    return this.applyUndo(() => this.undoManager.redo());
  }

  /** Taking back is touching too; it also gives what only takes away a place in the state that the server signs. */
  private applyUndo(run: () => unknown): boolean {
    const touched = new Set<string>();
    const note = (event: Y.YMapEvent<unknown>) => event.keysChanged.forEach(key => touched.add(key.split('/')[0]!));
    this.map.observe(note);
    run();
    this.map.unobserve(note);
    if (!touched.size) return false;
    this.setControl(Object.fromEntries([...touched].map(name => [`${name}/@by`, this.signature()])));
    return true;
  }

  private signature(): Editor {
    return { role: this.me.role, name: this.me.name, at: new Date().toISOString() };
  }

  private collectFields(name: string, wanted: (field: string) => boolean): Fields {
    const found: Fields = {};
    this.map.forEach((value, key) => {
      const field = key.slice(name.length + 1);
      if (key.startsWith(`${name}/`) && wanted(field)) found[field] = value;
    });
    return found;
  }

  private readonly recordOrigin = Symbol('mentoring');

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
