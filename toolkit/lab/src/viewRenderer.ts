// The renderer of our MIME type: it draws from the shared record, so it needs no kernel and no trusted cell.
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Widget } from '@lumino/widgets';
import type { ViewModelSource } from './viewModel';
import { drawView } from './drawView';

export const MIME_TYPE = 'application/vnd.mentoring.view+json';

/** Preferred to ipywidgets' view (rank -10), which needs the kernel that made it. */
export const RENDERER_RANK = -20;

class ViewRenderer extends Widget implements IRenderMime.IRenderer {
  private unmount: (() => void) | null = null;

  constructor(private readonly source: ViewModelSource) {
    super();
    this.addClass('mt-output');
  }

  renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const data = model.data[MIME_TYPE] as { view?: unknown } | undefined;
    this.unmount?.();
    this.unmount = drawView(String(data?.view), this.node, this.source);
    return Promise.resolve();
  }

  override dispose(): void {
    this.unmount?.();
    this.unmount = null;
    super.dispose();
  }
}

/** A factory for the rendermime of one notebook panel. */
export function rendererFactory(source: ViewModelSource): IRenderMime.IRendererFactory {
  return { safe: true, mimeTypes: [MIME_TYPE], createRenderer: () => new ViewRenderer(source) };
}
