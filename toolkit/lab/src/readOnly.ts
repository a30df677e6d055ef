// Makes another student's notebook read-only on this page. The server refuses changes to it anyway; without this the
// page would show changes that nobody else sees.
import type { NotebookPanel } from '@jupyterlab/notebook';

const NAVIGATION_KEYS = new Set([
  'ArrowUp',
  'ArrowDown',
  'ArrowLeft',
  'ArrowRight',
  'PageUp',
  'PageDown',
  'Home',
  'End'
]);
const COPY_KEYS = new Set(['c', 'f']);
const EDIT_EVENTS = ['beforeinput', 'paste', 'cut', 'drop', 'dragstart', 'dblclick'] as const;

/** Block all edits in `panel`; `onRunRefused` is called on an attempt to run a cell. */
export function makeReadOnly(panel: NotebookPanel, onRunRefused: () => void): void {
  panel.addClass('mt-reading');
  panel.toolbar.hide();
  const block = (event: Event): void => {
    if (!(event.target instanceof Node) || !panel.node.contains(event.target)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  const onKeydown = (event: KeyboardEvent): void => {
    const copies = (event.ctrlKey || event.metaKey) && COPY_KEYS.has(event.key.toLowerCase());
    const named = ['Tab', 'Escape', 'Shift', 'Control', 'Meta', 'Alt'].includes(event.key) || /^F\d+$/.test(event.key);
    if (copies || named || (NAVIGATION_KEYS.has(event.key) && !event.altKey && !event.ctrlKey)) return;
    if (
      event.key === 'Enter' &&
      (event.shiftKey || event.ctrlKey || event.altKey) &&
      panel.node.contains(event.target as Node)
    )
      onRunRefused();
    block(event);
  };
  // In the capture phase at the window: JupyterLab listens at the document.
  window.addEventListener('keydown', onKeydown, true);
  EDIT_EVENTS.forEach(name => window.addEventListener(name, block, true));
  panel.disposed.connect(() => {
    window.removeEventListener('keydown', onKeydown, true);
    EDIT_EVENTS.forEach(name => window.removeEventListener(name, block, true));
  });
}
