// What jupyter-ydoc stumbles over, mended on this page.
import { YCodeCell } from '@jupyter/ydoc';

/** The part of a Y event that is looked at here. */
interface KeyedEvent {
  target: unknown;
  keysChanged?: Set<string>;
  changes: { keys: Map<string, unknown> };
}

/**
 * Have a cell take in an update in which one of its keys was set and set back.
 *
 * A short cell is busy and idle again within one update of the other browser. Such a key is named as changed and has
 * no change, jupyter-ydoc 4.2 fails there, and what the same update says of the outputs is lost: they stay doubled.
 */
export function patchCodeCellChanges(): void {
  const prototype = YCodeCell.prototype as unknown as {
    ymodel: unknown;
    getChanges(this: { ymodel: unknown }, events: KeyedEvent[]): unknown;
  };
  const stock = prototype.getChanges;
  prototype.getChanges = function (events) {
    for (const event of events) {
      if (event.target !== this.ymodel || !event.keysChanged) continue;
      for (const key of event.keysChanged) if (!event.changes.keys.has(key)) event.keysChanged.delete(key);
    }
    return stock.call(this, events);
  };
}
