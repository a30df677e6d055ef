// Ctrl+Z in our views takes back one's own last change; in a text field it stays the browser's.
import type { SharedRecord } from './sharedRecord';

const FIELDS = 'input:not([type="checkbox"]), textarea, select';

/** Listen before JupyterLab does, whose own undo would be the notebook's; returns what ends it. */
export function undoKeys(record: () => SharedRecord | null): () => void {
  const heard = (event: KeyboardEvent): void => {
    const target = event.target as Element;
    const key = event.key.toLowerCase();
    if (!(event.ctrlKey || event.metaKey) || event.altKey || !(key === 'z' || key === 'y')) return;
    const found = record();
    if (!found || !(target instanceof Element) || !target.closest('.mt')) return;
    event.stopImmediatePropagation();
    const forth = key === 'y' || event.shiftKey;
    if (target.matches('.mt-notes-field')) {
      // What the other types makes the browser forget what it could take back.
      event.preventDefault();
      if (forth) found.retype();
      else found.untype();
      return;
    }
    if (target.matches(FIELDS)) return;
    event.preventDefault();
    if (forth) found.redo();
    else found.undo();
  };
  window.addEventListener('keydown', heard, true);
  return () => window.removeEventListener('keydown', heard, true);
}
