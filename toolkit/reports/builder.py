"""The one function that makes a snapshot: pure, from what the store holds about one student."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from toolkit.domain.agenda import ActionItem, ActionState, AgendaState
from toolkit.domain.attempt import Attempt, Verdict
from toolkit.domain.mastery import Evidence, Mastery, derive
from toolkit.domain.path import Card, LearningPath
from toolkit.domain.people import Student
from toolkit.domain.session import Session, SessionState
from toolkit.i18n import _, use_language
from toolkit.reports.evidence import SEEN_IN, Trial, seen_live, trials
from toolkit.reports.snapshot import (
    ActionLine,
    AttemptLine,
    EvidenceLine,
    ExerciseLine,
    MilestoneLine,
    PromiseLine,
    SessionLine,
    SkillLine,
    Snapshot,
    StudentLine,
)
from toolkit.reports.suggest import Standing, next_exercises, reviews

if TYPE_CHECKING:
    # The database is not asked, and a notebook's kernel is not to wait for it.
    from toolkit.store import Mark, Observation

__all__ = ["build"]

_TO_COME = {SessionState.PLANNED, SessionState.CONFIRMED, SessionState.LIVE}


def build(
    student: Student,
    path: LearningPath,
    cards: Iterable[Card],
    attempts: Iterable[Attempt],
    sessions: Iterable[Session],
    actions: Iterable[ActionItem],
    marks: Iterable[Mark],
    now: datetime,
    *,
    agreed: Mapping[str, str] | None = None,
    observations: Iterable[Observation] = (),
) -> Snapshot:
    """Return the snapshot of ``student`` at ``now``, its texts in the student's language.

    Parameters
    ----------
    attempts, sessions, marks, observations : iterable
        Of the student; those of others are left out.
    actions : iterable of ActionItem
        The student's, in any state; the open ones are listed.
    now : datetime
        Aware; days are those of its time zone.
    agreed : mapping of str to str, optional
        The session (id) in which an action item (id) was agreed, where it is known.
    """
    zone = now.tzinfo
    if zone is None:
        raise ValueError("now must be aware")
    with use_language(student.language):
        return _build(
            student,
            path,
            _in_order(path, cards),
            list(trials((one for one in attempts if one.student_id == student.id), zone)),
            [session for session in sessions if session.student_id == student.id],
            list(actions),
            [mark for mark in marks if mark.student_id == student.id],
            now,
            agreed or {},
            [one for one in observations if one.student_id == student.id],
        )


def _build(
    student: Student,
    path: LearningPath,
    cards: Sequence[Card],
    tried: Sequence[Trial],
    sessions: Sequence[Session],
    actions: Sequence[ActionItem],
    marks: Sequence[Mark],
    now: datetime,
    agreed: Mapping[str, str],
    observations: Sequence[Observation],
) -> Snapshot:
    today = now.date()
    titles = {card.id: str(card.title) for card in cards}
    by_exercise: dict[str, list[Trial]] = {}
    for trial in tried:
        by_exercise.setdefault(trial.attempt.exercise_id, []).append(trial)
    seen: dict[str, list[Evidence]] = {}
    for one in observations:
        seen.setdefault(one.skill, []).append(seen_live(one, now.tzinfo or UTC))
    mastery = {
        skill.id: derive([*_evidence(skill.id, cards, by_exercise), *seen.get(skill.id, ())], today)
        for skill in path.skills
    }
    standing = Standing(path, cards, by_exercise, mastery, today)
    exercise_of = {
        trial.evidence.source: trial.attempt.exercise_id for trial in tried if trial.evidence is not None
    }
    lines = [_session_line(session, actions, agreed) for session in sessions]
    return Snapshot(
        student=StudentLine(
            id=student.id,
            name=student.name,
            given_name=student.given_name,
            language=student.language,
            address=student.address,
        ),
        generated_at=now,
        path=path.id,
        path_title=str(path.title),
        milestones=tuple(
            MilestoneLine(
                id=milestone.id,
                title=str(milestone.title),
                skills=tuple(
                    SkillLine(
                        id=skill.id,
                        title=str(skill.title),
                        prerequisites=skill.prerequisites,
                        **_mastery(mastery[skill.id], exercise_of, titles),
                        ticked_on=_last_mark(marks, skill.id, "student", now),
                        confirmed_on=_last_mark(marks, skill.id, "mentor", now),
                    )
                    for skill in milestone.skills
                ),
            )
            for milestone in path.milestones
        ),
        attempts=tuple(_attempt_line(trial, titles) for trial in tried),
        exercises=tuple(
            _exercise_line(exercise, by_exercise[exercise], titles)
            for exercise in [
                *(name for name in titles if name in by_exercise),
                *(n for n in by_exercise if n not in titles),
            ]
        ),
        actions=tuple(_open(actions, today)),
        sessions=tuple(
            sorted(
                (line for line in lines if line.state not in _TO_COME),
                key=lambda line: line.starts_at,
                reverse=True,
            )
        ),
        next_session=min(
            (
                line
                for line in lines
                if line.state in _TO_COME and line.starts_at + timedelta(minutes=line.minutes) >= now
            ),
            key=lambda line: line.starts_at,
            default=None,
        ),
        next_exercises=tuple(next_exercises(standing)),
        reviews=tuple(reviews(standing)),
    )


def _in_order(path: LearningPath, cards: Iterable[Card]) -> list[Card]:
    position = {skill.id: index for index, skill in enumerate(path.skills)}
    last = len(position)

    def place(card: Card) -> int:
        # An exercise stands where the last of its skills does: it asks for all of them.
        return max((position.get(skill, last) for skill in card.skills), default=last)

    return sorted(cards, key=place)


def _evidence(
    skill: str, cards: Sequence[Card], by_exercise: Mapping[str, Sequence[Trial]]
) -> Iterable[Evidence]:
    return (
        trial.evidence
        for card in cards
        if skill in card.skills
        for trial in by_exercise.get(card.id, ())
        if trial.evidence is not None
    )


def _mastery(
    mastery: Mastery, exercise_of: Mapping[str, str], titles: Mapping[str, str]
) -> dict[str, object]:
    return {
        "state": mastery.state,
        "word": _(str(mastery.state)),
        "shown_on": mastery.shown_on,
        "retained_on": mastery.retained_on,
        "review_on": mastery.review_on,
        "evidence": tuple(_evidence_line(item, exercise_of, titles) for item in mastery.evidence),
    }


def _evidence_line(item: Evidence, exercise_of: Mapping[str, str], titles: Mapping[str, str]) -> EvidenceLine:
    line = EvidenceLine(on=item.on, success=item.success, aided=item.aided)
    exercise = exercise_of.get(item.source)
    if exercise is None:
        return line.model_copy(update={"session": item.source.removeprefix(SEEN_IN)})
    return line.model_copy(update={"exercise": exercise, "title": titles[exercise], "attempt": item.source})


def _last_mark(marks: Iterable[Mark], skill: str, by: str, now: datetime) -> date | None:
    days = (mark.on.astimezone(now.tzinfo).date() for mark in marks if (mark.skill, mark.by) == (skill, by))
    return max(days, default=None)


def _attempt_line(trial: Trial, titles: Mapping[str, str]) -> AttemptLine:
    attempt, outcome = trial.attempt, trial.attempt.outcome
    return AttemptLine(
        id=attempt.id,
        exercise=attempt.exercise_id,
        title=titles.get(attempt.exercise_id, attempt.exercise_id),
        received_at=attempt.received_at,
        verdict=outcome.verdict if outcome else None,
        word=_word(trial),
        points=outcome.points if outcome else 0.0,
        max_points=outcome.max_points if outcome else 0.0,
        hints_used=attempt.hints_used,
        aided=trial.aided,
        solved=trial.solved,
        messages=_messages(attempt),
        reason=outcome.reason if outcome else "",
    )


def _word(trial: Trial) -> str:
    outcome = trial.attempt.outcome
    if outcome is None:
        return _("waits for its result")
    if trial.solved:
        return _("solved with help") if trial.aided else _("solved")
    if outcome.verdict is Verdict.GRADED:
        return _("not yet")
    return _(str(outcome.verdict))


def _messages(attempt: Attempt) -> tuple[str, ...]:
    results = attempt.outcome.results if attempt.outcome else ()
    return tuple(result.message for result in results if not result.passed and result.message)


def _exercise_line(exercise: str, tried: Sequence[Trial], titles: Mapping[str, str]) -> ExerciseLine:
    outcomes = [trial.attempt.outcome for trial in tried if trial.attempt.outcome is not None]
    solved = [trial.on for trial in tried if trial.solved]
    return ExerciseLine(
        id=exercise,
        title=titles.get(exercise, exercise),
        attempts=len(tried),
        points=max((outcome.points for outcome in outcomes), default=0.0),
        max_points=max((outcome.max_points for outcome in outcomes), default=0.0),
        pending=sum(result.max_points for result in outcomes[-1].results if result.points is None)
        if outcomes
        else 0.0,
        hints_used=max(trial.attempt.hints_used for trial in tried),
        solved_on=min(solved, default=None),
        messages=() if solved else _messages(tried[-1].attempt),
    )


def _open(actions: Iterable[ActionItem], today: date) -> list[ActionLine]:
    waiting = [action for action in actions if action.state is ActionState.OPEN]
    return [
        ActionLine(
            id=action.id,
            text=action.text,
            owner=action.owner,
            due=action.due,
            plan=action.plan,
            late=action.due is not None and action.due < today,
            carried=action.carried_from is not None,
        )
        for action in sorted(waiting, key=lambda action: (action.due or date.max, action.order, action.id))
    ]


def _session_line(session: Session, actions: Sequence[ActionItem], agreed: Mapping[str, str]) -> SessionLine:
    agenda = sorted(session.agenda, key=lambda item: item.order)
    return SessionLine(
        id=session.id,
        starts_at=session.starts_at,
        minutes=session.minutes,
        kind=session.kind,
        state=session.state,
        word=_(str(session.state)),
        discussed=tuple(item.text for item in agenda if item.state is AgendaState.DISCUSSED),
        carried=tuple(item.text for item in agenda if item.state is AgendaState.CARRIED),
        agreed=tuple(
            PromiseLine(text=action.text, owner=action.owner, state=action.state, word=_(str(action.state)))
            for action in actions
            if agreed.get(action.id) == session.id
        ),
        recap=session.recap,
    )
