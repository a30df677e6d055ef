// Types of the views in toolkit/widgets/views: plain JavaScript, used by this extension and by the kernel's widgets.

/** The anywidget front-end interface, as in toolkit/widgets/views/viewFrame.js. */
interface ViewModel {
  /** True if other people's changes may be shown while an answer to our own change is outstanding. */
  readonly merges?: boolean;
  get(name: string): any;
  set(name: string, value: any): void;
  save_changes(): void;
  on(event: string, listener: () => void): void;
  off(event: string, listener: () => void): void;
}

declare module '*/views/agenda.js' {
  const view: { render(context: { model: ViewModel; el: HTMLElement }): () => void };
  export default view;
}
declare module '*/views/checklist.js' {
  const view: { render(context: { model: ViewModel; el: HTMLElement }): () => void };
  export default view;
}
declare module '*/views/actions.js' {
  const view: { render(context: { model: ViewModel; el: HTMLElement }): () => void };
  export default view;
}
declare module '*/views/exercise.js' {
  const view: { render(context: { model: ViewModel; el: HTMLElement }): () => void };
  export default view;
}
declare module '*/views/timer.js' {
  const view: { render(context: { model: ViewModel; el: HTMLElement }): () => void };
  export default view;
}
declare module '*/views/prep.js' {
  const view: { render(context: { model: ViewModel; el: HTMLElement }): () => void };
  export default view;
}
declare module '*/views/dom.js' {
  export function h(tag: string, props?: Record<string, unknown>, ...children: (Node | string)[]): any;
  export function icon(name: string, title?: string): SVGElement;
  export function iconButton(name: string, label: string, props?: Record<string, unknown>): HTMLButtonElement;
  export function setIcon(slot: HTMLElement, name: string, title?: string): void;
  export function setLabel(node: HTMLElement, value: string): void;
  export function setText(node: Node, value: string): void;
}
declare module '*/views/entryDefaults.js' {
  type Kind = 'timer' | 'agenda' | 'check' | 'action' | 'exercise' | 'wish' | 'consent' | 'notes';
  export const ENTRY_DEFAULTS: Readonly<Record<Kind, Readonly<Record<string, unknown>>>>;
  export const REQUIRED_FIELDS: Readonly<Record<Kind, readonly string[]>>;
  export const LIMITS: { readonly lineChars: number; readonly minutes: number; readonly notesChars: number };
}
declare module '*/views/text.js' {
  type Values = Record<string, string | number>;
  export const MINUTE_MS: number;
  export function formatText(sentence: string, values?: Values): string;
  export function formatCount(words: Record<string, any>, key: string, n: number, values?: Values): string;
  export function formatTime(language: string, moment: string | number | Date): string;
}
