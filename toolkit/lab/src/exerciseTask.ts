// What the exercise asks, as the shared notebook says it, and the way to it.
import type { ICellModel } from '@jupyterlab/cells';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { h, icon, setText } from '../../widgets/views/dom.js';
import { exerciseOf } from './exerciseModel';
import type { Session } from './sharedSession';

const TYPE = 'text/markdown';
/** A text that is longer (characters) begins folded: the panel is for what is at hand. */
const SHORT = 600;
const PAUSE = 300;

export class Task {
  private readonly title = h('div', { class: 'mt-title', role: 'heading', 'aria-level': '3', dir: 'auto' });
  private readonly body = h('div', { class: 'mt-task-text', dir: 'auto' });
  private readonly asks: HTMLDetailsElement;
  private readonly show: HTMLButtonElement;
  private renderer: IRenderMime.IRenderer | null = null;
  private drawn: string | null = null;
  private timer = 0;

  /** Draws into `section`, which is hidden while there is no exercise. */
  constructor(
    private readonly session: Session,
    private readonly section: HTMLElement
  ) {
    const terms = session.config.strings.exercise;
    this.show = h('button', { type: 'button', class: 'mt-button mt-quiet', onclick: () => this.go() }, terms['show']);
    this.asks = h('details', { class: 'mt-task' }, h('summary', {}, icon('chevron'), terms['task']), this.body);
    section.append(h('div', { class: 'mt-task-head' }, this.title, this.show), this.asks);
    session.record.changed.connect(this.soon, this);
    session.notebook.context.model.contentChanged.connect(this.soon, this);
    this.update();
  }

  dispose(): void {
    window.clearTimeout(this.timer);
    this.session.record.changed.disconnect(this.soon, this);
    this.session.notebook.context.model?.contentChanged.disconnect(this.soon, this);
    this.renderer?.dispose();
  }

  private soon(): void {
    if (!this.timer) this.timer = window.setTimeout(() => this.update(), PAUSE);
  }

  /** The cells of the exercise, each with its place in the notebook. */
  private cells(id: string): [number, ICellModel][] {
    const all = [...(this.session.notebook.context.model?.cells ?? [])].map((cell, n) => [n, cell] as [number, ICellModel]);
    const stamp = (cell: ICellModel) => (cell.getMetadata('mentoring') as { exercise?: string } | undefined)?.exercise;
    return all.filter(([, cell]) => stamp(cell) === id);
  }

  private update(): void {
    this.timer = 0;
    const exercise = exerciseOf(this.session.record);
    this.section.hidden = !exercise;
    if (!exercise) return;
    setText(this.title, String(exercise['title']));
    const cells = this.cells(exercise.id).map(([, cell]) => cell);
    this.show.hidden = cells.length === 0;
    const end = cells.findIndex(cell => cell.type === 'code');
    const texts = cells.slice(0, end < 0 ? undefined : end).filter(cell => cell.type === 'markdown');
    // Its title stands above it already.
    const text = texts
      .map(cell => cell.sharedModel.getSource())
      .join('\n\n')
      .replace(/^#{1,6}\s+(.*)\n+/, (line, said) => (said.trim() === exercise['title'] ? '' : line));
    if (text === this.drawn) return;
    if (this.drawn === null) this.asks.open = text.length <= SHORT;
    this.drawn = text;
    this.asks.hidden = !text;
    this.draw(text);
  }

  private draw(text: string): void {
    const { rendermime } = this.session.notebook.content;
    this.renderer?.dispose();
    this.renderer = rendermime.createRenderer(TYPE);
    this.body.replaceChildren(this.renderer.node);
    // Somebody types it: what it says is sanitized like any text cell.
    void this.renderer.renderModel(rendermime.createModel({ data: { [TYPE]: text }, trusted: false }));
  }

  private go(): void {
    const exercise = exerciseOf(this.session.record);
    const first = exercise && this.cells(exercise.id)[0];
    if (first) void this.session.notebook.content.scrollToItem(first[0], 'start');
  }
}
