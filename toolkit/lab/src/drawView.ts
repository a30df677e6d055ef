// The views of the kernel's widgets, each with a model on the shared record.
import actions from '../../widgets/views/actions.js';
import agenda from '../../widgets/views/agenda.js';
import checklist from '../../widgets/views/checklist.js';
import exercise from '../../widgets/views/exercise.js';
import prep from '../../widgets/views/prep.js';
import timer from '../../widgets/views/timer.js';
import { ExerciseModel } from './exerciseModel';
import type { SharedViewModel, ViewModelSource } from './viewModel';
import { ActionsModel, AgendaModel, ChecklistModel, PrepModel, TimerModel } from './viewModels';

const VIEWS: Record<string, [typeof agenda, new (source: ViewModelSource) => SharedViewModel]> = {
  timer: [timer, TimerModel],
  agenda: [agenda, AgendaModel],
  checklist: [checklist, ChecklistModel],
  actions: [actions, ActionsModel],
  prep: [prep, PrepModel],
  exercise: [exercise, ExerciseModel]
};

/** Draw the view `name` into `el`; returns a function that removes it, or null if there is no such view. */
export function drawView(name: string, el: HTMLElement, source: ViewModelSource): (() => void) | null {
  const found = Object.hasOwn(VIEWS, name) ? VIEWS[name] : undefined;
  if (!found) return null;
  const [view, Model] = found;
  const model = new Model(source);
  const unmount = view.render({ model, el });
  return () => {
    unmount();
    model.dispose();
  };
}
