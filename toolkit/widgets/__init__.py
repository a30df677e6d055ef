"""The widgets of the session notebook, and the record that stores their state."""

from toolkit.widgets.action_items import ActionItems
from toolkit.widgets.agenda import Agenda
from toolkit.widgets.checklist import Checklist
from toolkit.widgets.exercise_card import ExerciseCard
from toolkit.widgets.prep_card import PrepCard
from toolkit.widgets.timer import Timer
from toolkit.workspace.session_record import Record

__all__ = ["ActionItems", "Agenda", "Checklist", "ExerciseCard", "PrepCard", "Record", "Timer"]
