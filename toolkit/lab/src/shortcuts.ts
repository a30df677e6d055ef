// Ctrl+Z and Ctrl+Y in our views undo and redo this page's own changes; in a text field the browser handles them.
import type { SharedRecord } from './sharedRecord';

const TEXT_FIELDS = 'input:not([type="checkbox"]), textarea, select';

/** Listen in the capture phase: JupyterLab would undo in the notebook. Returns a function that stops listening. */
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
      // Another person's typing clears the browser's own undo history of the field.
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
