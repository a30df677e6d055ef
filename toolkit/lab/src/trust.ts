// JupyterLab draws what runs (a widget, a script) only in a cell that was run on this very page, or that the shared
// metadata calls trusted when the page is opened; the other person would see text. In a session everything is drawn
// for both: whoever runs code here can call its cell trusted anyway, and this origin holds nothing but the table.
import type { ICellModel, ICodeCellModel } from '@jupyterlab/cells';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import type { NotebookPanel } from '@jupyterlab/notebook';

/**
 * Draw nothing in `panel` that runs here. In a group others' notebooks are not drawn as one's own: what runs on this
 * page could write into this person's notebook, and call its cells trusted as well.
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
