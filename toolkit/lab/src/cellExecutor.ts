// JupyterLab's cell executor: in a session's notebook only the driver's code cells run; elsewhere nothing changes.
import { runCell, type INotebookCellExecutor, type INotebookModel } from '@jupyterlab/notebook';

/** Make the executor; `mayRun` returns true if this page may run code cells of the notebook. */
export function createCellExecutor(mayRun: (notebook: INotebookModel) => boolean): INotebookCellExecutor {
  return {
    runCell: async options =>
      options.cell.model.type !== 'code' || mayRun(options.notebook) ? runCell(options) : false
  };
}
