"""`build_snapshot`, the pure function that makes a snapshot from the stored data on one student."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from toolkit.domain.agenda import ActionItem, ActionState, AgendaState
from toolkit.domain.attempt import Attempt
from toolkit.domain.learning_path import Card, LearningPath, Skill
from toolkit.domain.mastery import Evidence, Mastery, derive_mastery
from toolkit.domain.people import Role, Student
from toolkit.domain.session import Session, SessionState
from toolkit.domain.skill_opinions import Opinion, Stance, latest_opinions
from toolkit.i18n import _, use_language
from toolkit.reports.snapshot.attempt_lines import attempt_line, exercise_line
from toolkit.reports.snapshot.changes_since import ChangeFacts, list_changes
from toolkit.reports.snapshot.evidence import (
    OBSERVATION_PREFIX,
    AttemptEvidence,
    evidence_from_attempts,
    evidence_from_observation,
)
from toolkit.reports.snapshot.failing_tests import list_failing_tests
from toolkit.reports.snapshot.skill_models import (
    EvidenceLine,
    LookBackLine,
    MilestoneLine,
    SayingLine,
    SkillLine,
)
from toolkit.reports.snapshot.snapshot_models import (
    ActionLine,
    KeptLine,
    PromiseLine,
    SessionLine,
    StudentLine,
)
from toolkit.reports.snapshot.student_snapshot import StudentSnapshot
from toolkit.reports.snapshot.suggestions import SkillStanding, due_reviews, next_exercises
from toolkit.reports.snapshot.warm_up_skills import choose_warm_up_skills

if TYPE_CHECKING:
    # For annotations only: a notebook's kernel must not wait for the import of the database.
    from toolkit.store import Mark, Observation

__all__ = ["build_snapshot"]

_UPCOMING = {SessionState.PLANNED, SessionState.CONFIRMED, SessionState.LIVE}
_HELD = {SessionState.HELD, SessionState.REPORTED}


def build_snapshot(
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
    opinions: Iterable[Opinion] = (),
    pages: Mapping[int, str] | None = None,
) -> StudentSnapshot:
    """Return the snapshot of ``student`` at ``now``, its texts in the student's language.

    Parameters
    ----------
    student : Student
        The student.
    path : LearningPath
        The student's learning path.
    cards : iterable of Card
        The cards of the exercises.
    attempts, sessions, marks, observations, opinions : iterable
        The student's data; data of other students is ignored. Of the marks only the student's ticks are
        used, since a confirmation of the mentor is also an opinion.
    actions : iterable of ActionItem
        The student's action items in any state; open and done ones are listed.
    now : datetime
        Time of the snapshot, aware; days are those of its time zone.
    agreed : mapping of str to str, optional
        Id of the session in which an action item was agreed, by item id, as far as known.
    pages : mapping of int to str, optional
        Path of the feedback page in the workspace, by attempt id.

    Raises
    ------
    ValueError
        If ``now`` is naive.
    """
    zone = now.tzinfo
    if zone is None:
        raise ValueError("now must be aware")
    with use_language(student.language):
        said = latest_opinions(one for one in opinions if one.student_id == student.id)
        facts = _Facts(
            student,
            path,
            _in_order(path, cards),
            list(evidence_from_attempts((one for one in attempts if one.student_id == student.id), zone)),
            [session for session in sessions if session.student_id == student.id],
            list(actions),
            [mark for mark in marks if mark.student_id == student.id],
            now,
            agreed or {},
            [one for one in observations if one.student_id == student.id],
            said,
            pages or {},
        )
        return _build(facts)


@dataclass(frozen=True)
class _Facts:
    student: Student
    path: LearningPath
    cards: Sequence[Card]
    tried: Sequence[AttemptEvidence]
    sessions: Sequence[Session]
    actions: Sequence[ActionItem]
    marks: Sequence[Mark]
    now: datetime
    agreed: Mapping[str, str]
    observations: Sequence[Observation]
    said: Mapping[tuple[str, Role], Opinion]
    pages: Mapping[int, str]

    def page(self, attempt: Attempt) -> str:
        return self.pages.get(attempt.id or 0, "")


def _build(facts: _Facts) -> StudentSnapshot:
    student, path, cards, tried, now = facts.student, facts.path, facts.cards, facts.tried, facts.now
    today, zone = now.date(), now.tzinfo or UTC
    titles = {card.id: str(card.title) for card in cards}
    by_exercise: dict[str, list[AttemptEvidence]] = {}
    for trial in tried:
        by_exercise.setdefault(trial.attempt.exercise_id, []).append(trial)
    seen: dict[str, list[Evidence]] = {}
    for one in facts.observations:
        seen.setdefault(one.skill, []).append(evidence_from_observation(one, zone))
    mastery = {
        skill.id: derive_mastery([*_evidence(skill.id, cards, by_exercise), *seen.get(skill.id, ())], today)
        for skill in path.skills
    }
    stands = SkillStanding(path, cards, by_exercise, mastery, today)
    lines = [_session_line(session, facts.actions, facts.agreed) for session in facts.sessions]
    over = sorted(
        (line for line in lines if line.state not in _UPCOMING), key=lambda line: line.starts_at, reverse=True
    )
    since = next((line.starts_at.astimezone(zone).date() for line in over if line.state in _HELD), None)
    milestones = _milestones(facts, mastery, titles)
    due = tuple(due_reviews(stands))
    skills = [skill for milestone in milestones for skill in milestone.skills]
    news = ChangeFacts(since, today, zone, path.skills, mastery, by_exercise, titles, facts.said.values())
    return StudentSnapshot(
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
        milestones=milestones,
        attempts=tuple(attempt_line(trial, titles, facts.page(trial.attempt)) for trial in tried),
        exercises=tuple(
            exercise_line(exercise, by_exercise[exercise], titles, cards)
            for exercise in [
                *(name for name in titles if name in by_exercise),
                *(n for n in by_exercise if n not in titles),
            ]
        ),
        actions=tuple(_open(facts.actions, today)),
        sessions=tuple(over),
        next_session=min(
            (
                line
                for line in lines
                if line.state in _UPCOMING and line.starts_at + timedelta(minutes=line.minutes) >= now
            ),
            key=lambda line: line.starts_at,
            default=None,
        ),
        next_exercises=tuple(next_exercises(stands)),
        reviews=due,
        since=since,
        changes=tuple(list_changes(news)),
        failing=tuple(list_failing_tests(by_exercise, {card.id: card for card in cards})),
        kept=tuple(_kept(facts)),
        warm_up=tuple(choose_warm_up_skills(due, skills)),
    )


def _milestones(
    facts: _Facts, mastery: Mapping[str, Mastery], titles: Mapping[str, str]
) -> tuple[MilestoneLine, ...]:
    attempt_of = {trial.evidence.source: trial.attempt for trial in facts.tried if trial.evidence is not None}

    def evidence(item: Evidence) -> EvidenceLine:
        line = EvidenceLine(on=item.on, success=item.success, aided=item.aided)
        attempt = attempt_of.get(item.source)
        if attempt is None:
            return line.model_copy(update={"session": item.source.removeprefix(OBSERVATION_PREFIX)})
        return line.model_copy(
            update={
                "exercise": attempt.exercise_id,
                "title": titles[attempt.exercise_id],
                "attempt": item.source,
                "page": facts.page(attempt),
            }
        )

    def skill_line(skill: Skill) -> SkillLine:
        stands = mastery[skill.id]
        mentor = _saying(facts.said.get((skill.id, "mentor")), facts.now)
        return SkillLine(
            id=skill.id,
            title=str(skill.title),
            prerequisites=skill.prerequisites,
            state=stands.state,
            word=_(str(stands.state)),
            shown_on=stands.shown_on,
            retained_on=stands.retained_on,
            review_on=stands.review_on,
            reviews=tuple(
                LookBackLine(days=one.days, on=one.on, done_on=one.done_on) for one in stands.reviews
            ),
            evidence=tuple(map(evidence, stands.evidence)),
            ticked_on=_last_tick(facts.marks, skill.id, facts.now),
            confirmed_on=mentor.on if mentor and mentor.stance is Stance.CONFIRMED else None,
            student_says=_saying(facts.said.get((skill.id, "student")), facts.now),
            mentor_says=mentor,
        )

    return tuple(
        MilestoneLine(
            id=milestone.id, title=str(milestone.title), skills=tuple(map(skill_line, milestone.skills))
        )
        for milestone in facts.path.milestones
    )


def _in_order(path: LearningPath, cards: Iterable[Card]) -> list[Card]:
    position = {skill.id: index for index, skill in enumerate(path.skills)}
    last = len(position)

    def place(card: Card) -> int:
        # An exercise needs all its skills, so its position is that of the last of them.
        return max((position.get(skill, last) for skill in card.skills), default=last)

    return sorted(cards, key=place)


def _evidence(
    skill: str, cards: Sequence[Card], by_exercise: Mapping[str, Sequence[AttemptEvidence]]
) -> Iterable[Evidence]:
    return (
        trial.evidence
        for card in cards
        if skill in card.skills
        for trial in by_exercise.get(card.id, ())
        if trial.evidence is not None
    )


def _saying(opinion: Opinion | None, now: datetime) -> SayingLine | None:
    if opinion is None:
        return None
    return SayingLine(
        on=opinion.said_at.astimezone(now.tzinfo).date(),
        stance=opinion.stance,
        word=_(str(opinion.stance)),
        words=opinion.words,
        session=opinion.session_id or "",
    )


def _last_tick(marks: Iterable[Mark], skill: str, now: datetime) -> date | None:
    days = (
        mark.on.astimezone(now.tzinfo).date() for mark in marks if (mark.skill, mark.by) == (skill, "student")
    )
    return max(days, default=None)


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


def _kept(facts: _Facts) -> list[KeptLine]:
    held = {session.id: session.starts_at.astimezone(facts.now.tzinfo).date() for session in facts.sessions}
    before = {action.id: action for action in facts.actions}

    def agreed_on(action: ActionItem) -> date | None:
        # A carried item was agreed in the session that created the first item of its chain.
        while action.carried_from in before:
            action = before[action.carried_from or ""]
        return held.get(facts.agreed.get(action.id, ""))

    lines = [
        KeptLine(id=action.id, text=action.text, owner=action.owner, agreed_on=agreed_on(action))
        for action in facts.actions
        if action.state is ActionState.DONE
    ]
    return sorted(lines, key=lambda line: line.agreed_on or date.min, reverse=True)


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
