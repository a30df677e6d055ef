// The exercise's task, as written in the shared notebook, and a button that scrolls to it.
import type { ICellModel } from '@jupyterlab/cells';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { h, icon, setText } from '../../widgets/views/dom.js';
import { currentExercise } from './exerciseModel';
import type { SharedSession } from './sharedSession';

const MARKDOWN_TYPE = 'text/markdown';
/** A longer task is folded at first: the panel is small. */
const UNFOLDED_MAX_CHARS = 600;
const UPDATE_DELAY_MS = 300;

export class ExerciseTask {
  private readonly title = h('div', { class: 'mt-title', role: 'heading', 'aria-level': '3', dir: 'auto' });
  private readonly body = h('div', { class: 'mt-task-text', dir: 'auto' });
  private readonly details: HTMLDetailsElement;
  private readonly showButton: HTMLButtonElement;
  private renderer: IRenderMime.IRenderer | null = null;
  private drawnText: string | null = null;
  private timer = 0;

  /** Draws into `section`, which is hidden if there is no exercise. */
  constructor(
    private readonly session: SharedSession,
    private readonly section: HTMLElement
  ) {
    const terms = session.config.strings.exercise;
    this.showButton = h(
      'button',
      { type: 'button', class: 'mt-button mt-quiet', onclick: () => this.scrollToExercise() },
      terms['show']
    );
    this.details = h('details', { class: 'mt-task' }, h('summary', {}, icon('chevron'), terms['task']), this.body);
    section.append(h('div', { class: 'mt-task-head' }, this.title, this.showButton), this.details);
    session.record.changed.connect(this.updateSoon, this);
    session.notebook.context.model.contentChanged.connect(this.updateSoon, this);
    this.update();
  }

  dispose(): void {
    window.clearTimeout(this.timer);
    this.session.record.changed.disconnect(this.updateSoon, this);
    this.session.notebook.context.model?.contentChanged.disconnect(this.updateSoon, this);
    this.renderer?.dispose();
  }

  private updateSoon(): void {
    if (!this.timer) this.timer = window.setTimeout(() => this.update(), UPDATE_DELAY_MS);
  }

  /** The cells of the exercise, each with its index in the notebook. */
  private cells(id: string): [number, ICellModel][] {
    const all = [...(this.session.notebook.context.model?.cells ?? [])].map(
      (cell, n) => [n, cell] as [number, ICellModel]
    );
    const exerciseIdOf = (cell: ICellModel) =>
      (cell.getMetadata('mentoring') as { exercise?: string } | undefined)?.exercise;
    return all.filter(([, cell]) => exerciseIdOf(cell) === id);
  }

  private update(): void {
    this.timer = 0;
    const exercise = currentExercise(this.session.record);
    this.section.hidden = !exercise;
    if (!exercise) return;
    setText(this.title, String(exercise['title']));
    const cells = this.cells(exercise.id).map(([, cell]) => cell);
    this.showButton.hidden = cells.length === 0;
    const end = cells.findIndex(cell => cell.type === 'code');
    const texts = cells.slice(0, end < 0 ? undefined : end).filter(cell => cell.type === 'markdown');
    // The title is shown above the task already.
    const text = texts
      .map(cell => cell.sharedModel.getSource())
      .join('\n\n')
      .replace(/^#{1,6}\s+(.*)\n+/, (line, said) => (said.trim() === exercise['title'] ? '' : line));
    if (text === this.drawnText) return;
    if (this.drawnText === null) this.details.open = text.length <= UNFOLDED_MAX_CHARS;
    this.drawnText = text;
    this.details.hidden = !text;
    this.draw(text);
  }

  private draw(text: string): void {
    const { rendermime } = this.session.notebook.content;
    this.renderer?.dispose();
    this.renderer = rendermime.createRenderer(MARKDOWN_TYPE);
    this.body.replaceChildren(this.renderer.node);
    // Other people type this text: it is sanitized like any Markdown cell.
    void this.renderer.renderModel(rendermime.createModel({ data: { [MARKDOWN_TYPE]: text }, trusted: false }));
  }

  private scrollToExercise(): void {
    const exercise = currentExercise(this.session.record);
    const first = exercise && this.cells(exercise.id)[0];
    if (first) void this.session.notebook.content.scrollToItem(first[0], 'start');
  }
}
