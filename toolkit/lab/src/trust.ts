// JupyterLab draws widgets and scripts only in a cell that was run on this page, or whose metadata is trusted when the
// page is opened; the other person would see text. In a session all outputs are drawn for both: a person who runs code
// can mark its cell as trusted anyway, and the session's origin holds nothing but the session.
import type { ICellModel, ICodeCellModel } from '@jupyterlab/cells';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import type { NotebookPanel } from '@jupyterlab/notebook';

/**
 * Draw the outputs of `panel` as untrusted ones. In a group another student's scripts on this page could write into
 * this person's notebook, and mark its cells as trusted.
 */
export function distrustOutputs(panel: NotebookPanel): void {
  const { rendermime } = panel.content;
  const untrusted = (model: IRenderMime.IMimeModel): IRenderMime.IMimeModel => ({
    trusted: false,
    data: model.data,
    metadata: model.metadata,
    setData: options => model.setData(options)
  });
  const preferred = rendermime.preferredMimeType.bind(rendermime);
  rendermime.preferredMimeType = bundle => preferred(bundle, 'ensure');
  const create = rendermime.createRenderer.bind(rendermime);
  rendermime.createRenderer = type => {
    const renderer = create(type);
    const render = renderer.renderModel.bind(renderer);
    renderer.renderModel = model => render(untrusted(model));
    return renderer;
  };
}

/** Draw all outputs of `panel`, present and future, as trusted ones. */
export function trustOutputs(panel: NotebookPanel): void {
  const cells = panel.context.model.cells;
  const trust = (cell: ICellModel): void => {
    if (cell.type === 'code') (cell as ICodeCellModel).outputs.trusted = true;
  };
  const all = () => [...cells].forEach(trust);
  cells.changed.connect(all);
  all();
}
