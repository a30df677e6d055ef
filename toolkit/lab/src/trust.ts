// JupyterLab draws what runs (a widget, a script) only in a cell that was run on this very page, or that the shared
// metadata calls trusted when the page is opened; the other person would see text. In a session everything is drawn
// for both: whoever runs code here can call its cell trusted anyway, and this origin holds nothing but the table.
import type { ICellModel, ICodeCellModel } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';

/** Draw the outputs of each code cell of `panel`, those to come included, as trusted ones. */
export function trustOutputs(panel: NotebookPanel): void {
  const cells = panel.context.model.cells;
  const trust = (cell: ICellModel): void => {
    if (cell.type === 'code') (cell as ICodeCellModel).outputs.trusted = true;
  };
  const all = () => [...cells].forEach(trust);
  cells.changed.connect(all);
  all();
}
