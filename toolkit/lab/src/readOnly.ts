// Another student's notebook: it is looked at, and stays as it is. The server takes nothing that is written there;
// this keeps the page from showing what nobody else will see.
import type { NotebookPanel } from '@jupyterlab/notebook';

const MOVES = new Set(['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'PageUp', 'PageDown', 'Home', 'End']);
const COPIES = new Set(['c', 'f']);
const EVENTS = ['beforeinput', 'paste', 'cut', 'drop', 'dragstart', 'dblclick'] as const;

/** Let `panel` be read alone; `refused` is told of an attempt to run a cell. */
export function readAlone(panel: NotebookPanel, refused: () => void): void {
  panel.addClass('mt-reading');
  panel.toolbar.hide();
  const stop = (event: Event): void => {
    if (!(event.target instanceof Node) || !panel.node.contains(event.target)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  const key = (event: KeyboardEvent): void => {
    const copies = (event.ctrlKey || event.metaKey) && COPIES.has(event.key.toLowerCase());
    const named = ['Tab', 'Escape', 'Shift', 'Control', 'Meta', 'Alt'].includes(event.key) || /^F\d+$/.test(event.key);
    if (copies || named || (MOVES.has(event.key) && !event.altKey && !event.ctrlKey)) return;
    if (event.key === 'Enter' && (event.shiftKey || event.ctrlKey || event.altKey) && panel.node.contains(event.target as Node))
      refused();
    stop(event);
  };
  // Before JupyterLab, which listens to keys at the document.
  window.addEventListener('keydown', key, true);
  EVENTS.forEach(name => window.addEventListener(name, stop, true));
  panel.disposed.connect(() => {
    window.removeEventListener('keydown', key, true);
    EVENTS.forEach(name => window.removeEventListener(name, stop, true));
  });
}
