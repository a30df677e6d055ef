// Ctrl+Z in our views takes back one's own last change; in a text field it stays the browser's.
import type { SharedRecord } from './sharedRecord';

const TEXT_FIELDS = 'input:not([type="checkbox"]), textarea, select';

/** Listen before JupyterLab does, whose own undo would be the notebook's; returns what ends it. */
export function registerUndoShortcuts(record: () => SharedRecord | null): () => void {
  const onKeydown = (event: KeyboardEvent): void => {
    const target = event.target as Element;
    const key = event.key.toLowerCase();
    if (!(event.ctrlKey || event.metaKey) || event.altKey || !(key === 'z' || key === 'y')) return;
    const current = record();
    if (!current || !(target instanceof Element) || !target.closest('.mt')) return;
    event.stopImmediatePropagation();
    const isRedo = key === 'y' || event.shiftKey;
    if (target.matches('.mt-notes-field')) {
      // What the other types makes the browser forget what it could take back.
      event.preventDefault();
      if (isRedo) current.redoNotes();
      else current.undoNotes();
      return;
    }
    if (target.matches(TEXT_FIELDS)) return;
    event.preventDefault();
    if (isRedo) current.redo();
    else current.undo();
  };
  window.addEventListener('keydown', onKeydown, true);
  return () => window.removeEventListener('keydown', onKeydown, true);
}
