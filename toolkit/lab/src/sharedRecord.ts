// The session's record in the shared document: one flat key for each field, so that changes of two people merge.
import { Signal } from '@lumino/signaling';
import * as Y from 'yjs';
import { REQUIRED_FIELDS } from '../../widgets/views/entryDefaults.js';
import { samePerson, type Person } from './config';

export type Fields = Record<string, unknown>;

/** The person who changed an entry last. */
export interface Editor extends Person {
  readonly at: string;
}

/** The changes of one transaction: names of fields, by entry. */
export interface Change {
  readonly fields: ReadonlyMap<string, ReadonlySet<string>>;
  readonly local: boolean;
}

/** While a person types, the notes' last editor is updated at this interval, not with each letter. */
const EDITOR_REFRESH_MS = 2000;

const equal = (one: unknown, other: unknown): boolean => one === other || JSON.stringify(one) === JSON.stringify(other);

export class SharedRecord {
  readonly changed = new Signal<this, Change>(this);
  /** Emitted before this page changes the document. */
  readonly willWrite = new Signal<this, void>(this);
  /** Emitted after that. */
  readonly didWrite = new Signal<this, void>(this);
  readonly map: Y.Map<unknown>;
  /** The server's own map: receipts, errors, replies. */
  readonly server: Y.Map<unknown>;
  readonly undoManager: Y.UndoManager;
  /** The shared notes. */
  readonly notes: Y.Text;
  readonly notesUndoManager: Y.UndoManager;
  /** The transaction origin of this page's edits of the notes. */
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

  /** The fields of an entry, without control fields ("@by"). */
  entry(name: string): Fields {
    return this.collectFields(name, key => !key.startsWith('@'));
  }

  /** The entries of a kind, by id. An entry without a required field was removed. */
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

  /** Write the fields that differ, and the editor, in one transaction; undo reverts it. */
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

  /** Set control keys ("@wheel/driver"), which are not part of the record; undo does not revert them. */
  setControl(values: Fields): void {
    this.willWrite.emit();
    this.ydoc.transact(() => {
      for (const [key, value] of Object.entries(values)) this.map.set(key, value);
    });
    this.didWrite.emit();
  }

  /** Request a receipt for all changes so far: the server sends one after each change of the map. */
  requestReceipt(): void {
    this.ydoc.transact(() => this.map.set(`@text/${this.me.role}`, new Date().toISOString()));
  }

  /** Replace `removed` characters of the notes at `start` by `text`. */
  editNotes(start: number, removed: number, text: string): void {
    this.willWrite.emit();
    this.ydoc.transact(() => {
      if (removed) this.notes.delete(start, removed);
      if (text) this.notes.insert(start, text);
      const by = this.lastEditor('notes');
      // A deletion alone does not change the state vector that the server puts into its receipt.
      if (removed || !samePerson(by, this.me) || Date.now() - Date.parse(by!.at) > EDITOR_REFRESH_MS)
        this.map.set('notes/@by', this.signature());
    }, this.notesOrigin);
    this.didWrite.emit();
  }

  /** Undo this page's last edit of the notes; other people's edits stay. */
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

  /** Set the editor of what an undo changed; this also puts a mere deletion into the state vector of the receipt. */
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
