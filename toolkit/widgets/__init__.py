"""The widgets of the session notebook, and the record that they write to."""

from toolkit.widgets.actions import ActionItems
from toolkit.widgets.agenda import Agenda
from toolkit.widgets.checklist import Checklist
from toolkit.widgets.exercise import ExerciseCard
from toolkit.widgets.prep import PrepCard
from toolkit.widgets.timer import Timer
from toolkit.workspace.session_record import Record

__all__ = ["ActionItems", "Agenda", "Checklist", "ExerciseCard", "PrepCard", "Record", "Timer"]
