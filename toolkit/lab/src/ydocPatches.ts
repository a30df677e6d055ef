// A patch for a defect of jupyter-ydoc 4.2.
import { YCodeCell } from '@jupyter/ydoc';

/** The members of a Y event that the patch reads. */
interface KeyedEvent {
  target: unknown;
  keysChanged?: Set<string>;
  changes: { keys: Map<string, unknown> };
}

/**
 * Remove keys without a change from the events of a code cell.
 *
 * A short cell is busy and idle again within one update of the other browser. Yjs lists its key as changed, but without
 * a change; jupyter-ydoc 4.2 throws there and drops the update's changes of the outputs, which then appear twice.
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
