// Who runs a cell: in a session's notebook the driver alone, everywhere else as ever.
import { runCell, type INotebookCellExecutor, type INotebookModel } from '@jupyterlab/notebook';

/** `mayRun` tells whether a code cell of a notebook may run from here. */
export function createCellExecutor(mayRun: (notebook: INotebookModel) => boolean): INotebookCellExecutor {
  return {
    runCell: async options =>
      options.cell.model.type !== 'code' || mayRun(options.notebook) ? runCell(options) : false
  };
}
