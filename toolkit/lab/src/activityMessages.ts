// Sentences about a person's change of the record: "Zoé ticked: Loops".
import { formatText } from '../../widgets/views/text.js';
import type { Words } from './config';
import type { Editor, SharedRecord } from './sharedRecord';

/** The sentence about a change of `fields` in the entry `name`; empty if the change is not announced. */
export function activityMessage(
  words: Words,
  record: SharedRecord,
  name: string,
  fields: ReadonlySet<string>,
  by: Editor
): string {
  const entry = record.entry(name);
  const text = String(entry['text'] ?? entry['title'] ?? '');
  const sentence = (key: string, about = text) => formatText(words[key], { name: by.name, text: about });
  if (name === 'timer') return timerMessage(record, entry, fields, sentence);
  if (name === 'wish') return sentence('didWish');
  if (name === 'consent') return sentence(entry['replay'] ? 'didAllow' : 'didForbid');
  if (name === 'notes') return sentence('didNotes');
  if (!text) return sentence('didRemove', words['anItem']);
  if (fields.has('id')) return sentence('didAdd');
  if (fields.has('state')) return sentence(`did ${entry['state']}`);
  if (fields.has('ticked')) return sentence(entry['ticked'] ? 'didTick' : 'didUntick');
  if (fields.has('confirmed')) return sentence(entry['confirmed'] ? 'didConfirm' : 'didUnconfirm');
  if (fields.has('says')) return sentence(entry['says'] ? 'didRate' : 'didUnrate');
  return sentence(fields.has('order') && !fields.has('text') ? 'didMove' : 'didEdit');
}

function timerMessage(
  record: SharedRecord,
  entry: Record<string, unknown>,
  fields: ReadonlySet<string>,
  sentence: (key: string, about?: string) => string
): string {
  if (fields.has('started_at')) return sentence(entry['started_at'] ? 'didStartTimer' : 'didResetTimer');
  if (fields.has('item') && entry['item']) {
    const running = record.entry(`agenda:${entry['item']}`);
    return sentence('didStart', String(running['text'] ?? ''));
  }
  return '';
}
