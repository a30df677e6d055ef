// JupyterLab reads whether a cell is trusted once, when the cell is made: what the other person runs later would
// stay text here. The shared metadata says it, so it is followed.
import type { ICellModel } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';

/** Follow the trust of each cell of `panel`, those to come included. */
export function followTrust(panel: NotebookPanel): void {
  const cells = panel.context.model.cells;
  const seen = new WeakSet<ICellModel>();
  const follow = (cell: ICellModel): void => {
    const look = () => {
      if (!cell.trusted && cell.getMetadata('trusted') === true) cell.trusted = true;
    };
    if (!seen.has(cell)) cell.metadataChanged.connect(look);
    seen.add(cell);
    look();
  };
  const all = () => [...cells].forEach(follow);
  cells.changed.connect(all);
  all();
}
