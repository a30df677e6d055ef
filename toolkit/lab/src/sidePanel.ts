// The side panel: the session's views beside the notebook. They need no kernel.
import { LabIcon } from '@jupyterlab/ui-components';
import { Widget } from '@lumino/widgets';
import { h, icon } from '../../widgets/views/dom.js';
import { formatCount } from '../../widgets/views/text.js';
import type { SessionConfig } from './config';
import { FollowPerson } from './followPerson';
import { PanelHeader } from './panelHeader';
import { KernelRestartNotice } from './kernelNotice';
import { SessionAnnouncements } from './sessionAnnouncements';
import { NotebookSwitcher } from './notebookSwitcher';
import { SharedNotes } from './sharedNotes';
import { drawGroupExercise, ownNotebookPath } from './groupExercise';
import { QuietTimer } from './quietTimer';
import type { SharedSession } from './sharedSession';
import { DriverControls } from './driverControls';
import { ExerciseTask } from './exerciseTask';
import { LiveAnnouncer } from './liveAnnouncer';
import { Toolbar } from './toolbar';
import { ActivityHighlight } from './activityHighlight';
import { drawView } from './drawView';

const PANEL_ICON_SVG =
  '<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 16 16" fill="none">' +
  '<path class="jp-icon3 jp-icon-selectable" stroke="#616161" stroke-width="1.5" stroke-linecap="round" ' +
  'stroke-linejoin="round" d="M2.5 4 3.7 5.2 6 3M2.5 9l1.2 1.2L6 8M8.5 4.2h5M8.5 9.2h5M2.5 13.5h11"/></svg>';

const SECTIONS = ['timer', 'agenda', 'exercise', 'checklist', 'actions', 'prep'] as const;

/** Sections about one student, which a group's panel does not have. */
const PERSONAL_SECTIONS: readonly string[] = ['exercise', 'prep'];

interface Disposable {
  dispose(): void;
}

export class SidePanel extends Widget {
  private parts: Disposable[] = [];

  /** `open` opens the session's notebook. */
  constructor(
    private readonly config: SessionConfig,
    private readonly open: () => void
  ) {
    super({ node: h('div', { class: 'mt mt-panel', lang: config.language }) });
    const words = config.strings.panel;
    this.id = 'mentoring-session';
    this.title.icon = new LabIcon({ name: 'mentoring:session', svgstr: PANEL_ICON_SVG });
    this.title.caption = words['title'];
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', words['title']);
    this.clear(words['opening']);
    window.addEventListener('resize', this.updateMinimumWidth);
  }

  /** Show `session`. */
  setSession(session: SharedSession): void {
    this.clear('');
    const announcer = new LiveAnnouncer(n => formatCount(this.config.strings.panel, 'many', n), this.config.language);
    const follow = new FollowPerson(session);
    const head: (Disposable & { node: HTMLElement })[] = [
      new PanelHeader(session, announcer),
      new DriverControls(session, announcer)
    ];
    head.splice(1, 0, ...(this.config.copies.length ? [] : [new KernelRestartNotice(session)]));
    if (this.config.copies.length) head.push(new NotebookSwitcher(session));
    const tools = [new QuietTimer(session, announcer), new Toolbar(session, follow)];
    this.node.append(...[...head, ...tools].map(part => part.node));
    const sections = SECTIONS.filter(name => !(this.config.copies.length && PERSONAL_SECTIONS.includes(name)));
    const ownNotebook = ownNotebookPath(session);
    if (ownNotebook !== null) sections.splice(2, 0, 'exercise');
    const views = sections.map(name => this.section(name, session));
    const notes = new SharedNotes(session);
    this.node.append(notes.node);
    const announcers = [new ActivityHighlight(session, announcer), new SessionAnnouncements(session, announcer)];
    this.parts = [announcer, follow, ...announcers, ...head, ...tools, ...views, notes];
  }

  /** Show that the notebook is closed, and a button that opens it. */
  showClosed(): void {
    const words = this.config.strings.panel;
    this.clear(words['closed']);
    this.node.append(h('button', { type: 'button', class: 'mt-button', onclick: this.open }, words['open']));
  }

  override dispose(): void {
    window.removeEventListener('resize', this.updateMinimumWidth);
    this.clear('');
    super.dispose();
  }

  /** The minimum width depends on the window's; JupyterLab does not update it by itself. */
  private readonly updateMinimumWidth = (): void => this.parent?.parent?.fit();

  private clear(text: string): void {
    this.parts
      .splice(0)
      .reverse()
      .forEach(part => part.dispose());
    this.node.replaceChildren(...(text ? [h('div', { class: 'mt-empty', role: 'status' }, text)] : []));
  }

  private section(name: (typeof SECTIONS)[number], session: SharedSession): Disposable {
    const title = h('span', { class: 'mt-title' }, this.config.strings[name]['title']);
    const node = h('details', { class: 'mt-section', open: true }, h('summary', {}, icon('chevron'), title));
    this.node.append(node);
    const ownNotebook = name === 'exercise' ? ownNotebookPath(session) : null;
    const task = name === 'exercise' && ownNotebook === null ? new ExerciseTask(session, node) : null;
    const end = ownNotebook === null ? drawView(name, node, session) : drawGroupExercise(node, session, ownNotebook);
    return {
      dispose: () => {
        end?.();
        task?.dispose();
      }
    };
  }
}
