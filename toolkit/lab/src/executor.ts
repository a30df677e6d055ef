// Who runs a cell: in a session's notebook the driver alone, everywhere else as ever.
import { runCell, type INotebookCellExecutor, type INotebookModel } from '@jupyterlab/notebook';
import type { Wheel } from './wheel';

/** `wheelOf` gives the wheel that a notebook is under, where it is under one. */
export function executor(wheelOf: (notebook: INotebookModel) => Wheel | null): INotebookCellExecutor {
  return {
    runCell: async options => {
      const wheel = options.cell.model.type === 'code' ? wheelOf(options.notebook) : null;
      return wheel === null || wheel.mayRun() ? runCell(options) : false;
    }
  };
}
