// The side panel: the session's views beside the notebook, which stay while it scrolls, and need no kernel.
import { LabIcon } from '@jupyterlab/ui-components';
import { Widget } from '@lumino/widgets';
import { h, icon } from '../../widgets/views/dom.js';
import { count, type SessionConfig } from './config';
import { Follow } from './followPerson';
import { Header } from './panelHeader';
import { KernelLine } from './kernelNotice';
import { News } from './sessionAnnouncements';
import { Notebooks } from './notebookSwitcher';
import { Notes } from './sharedNotes';
import { drawOwn, ownCopy } from './groupExercise';
import { Quiet } from './quietTimer';
import type { Session } from './sharedSession';
import { Steering } from './driverControls';
import { Task } from './exerciseTask';
import { Told } from './liveAnnouncer';
import { Tools } from './toolbar';
import { Touch } from './activityHighlight';
import { draw } from './drawView';

const SVG =
  '<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 16 16" fill="none">' +
  '<path class="jp-icon3 jp-icon-selectable" stroke="#616161" stroke-width="1.5" stroke-linecap="round" ' +
  'stroke-linejoin="round" d="M2.5 4 3.7 5.2 6 3M2.5 9l1.2 1.2L6 8M8.5 4.2h5M8.5 9.2h5M2.5 13.5h11"/></svg>';

const SECTIONS = ['timer', 'agenda', 'exercise', 'checklist', 'actions', 'prep'] as const;

/** What is one student's has no place on a group's board. */
const PERSONAL: readonly string[] = ['exercise', 'prep'];

interface Part {
  dispose(): void;
}

export class SidePanel extends Widget {
  private parts: Part[] = [];

  /** `open` opens the session's notebook. */
  constructor(
    private readonly config: SessionConfig,
    private readonly open: () => void
  ) {
    super({ node: h('div', { class: 'mt mt-panel', lang: config.language }) });
    const words = config.strings.panel;
    this.id = 'mentoring-session';
    this.title.icon = new LabIcon({ name: 'mentoring:session', svgstr: SVG });
    this.title.caption = words['title'];
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', words['title']);
    this.clear(words['opening']);
    window.addEventListener('resize', this.refit);
  }

  /** Show `session`. */
  attend(session: Session): void {
    this.clear('');
    const told = new Told(n => count(this.config.strings.panel, 'many', n), this.config.language);
    const follow = new Follow(session);
    const head: (Part & { node: HTMLElement })[] = [new Header(session, told), new Steering(session, told)];
    head.splice(1, 0, ...(this.config.copies.length ? [] : [new KernelLine(session)]));
    if (this.config.copies.length) head.push(new Notebooks(session));
    const tools = [new Quiet(session, told), new Tools(session, follow)];
    this.node.append(...[...head, ...tools].map(part => part.node));
    const sections = SECTIONS.filter(name => !(this.config.copies.length && PERSONAL.includes(name)));
    const own = ownCopy(session);
    if (own !== null) sections.splice(2, 0, 'exercise');
    const views = sections.map(name => this.section(name, session));
    const notes = new Notes(session);
    this.node.append(notes.node);
    const voices = [new Touch(session, told), new News(session, told)];
    this.parts = [told, follow, ...voices, ...head, ...tools, ...views, notes];
  }

  /** The notebook is closed. */
  leave(): void {
    const words = this.config.strings.panel;
    this.clear(words['closed']);
    this.node.append(h('button', { type: 'button', class: 'mt-button', onclick: this.open }, words['open']));
  }

  override dispose(): void {
    window.removeEventListener('resize', this.refit);
    this.clear('');
    super.dispose();
  }

  /** The least width depends on the window's, which JupyterLab does not ask for again by itself. */
  private readonly refit = (): void => this.parent?.parent?.fit();

  private clear(text: string): void {
    this.parts.splice(0).reverse().forEach(part => part.dispose());
    this.node.replaceChildren(...(text ? [h('div', { class: 'mt-empty', role: 'status' }, text)] : []));
  }

  private section(name: (typeof SECTIONS)[number], session: Session): Part {
    const title = h('span', { class: 'mt-title' }, this.config.strings[name]['title']);
    const node = h('details', { class: 'mt-section', open: true }, h('summary', {}, icon('chevron'), title));
    this.node.append(node);
    const own = name === 'exercise' ? ownCopy(session) : null;
    const task = name === 'exercise' && own === null ? new Task(session, node) : null;
    const end = own === null ? draw(name, node, session) : drawOwn(node, session, own);
    return {
      dispose: () => {
        end?.();
        task?.dispose();
      }
    };
  }
}
