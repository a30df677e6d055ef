// @ts-check
// Generated from the models in toolkit/domain by scripts/front_end_defaults.py: change those, run `make lab`.

/** The value of each field that an entry may leave out, by kind of entry. */
export const ENTRY_DEFAULTS = {
  timer: {
    started_at: null,
    minutes: 30,
    item: null,
    item_started_at: null,
  },
  agenda: {
    minutes: 5,
    order: 0,
    state: "open",
    added_by: "mentor",
    usual: false,
    carried_from: null,
  },
  check: {
    order: 0,
    mastery: "not started",
    ticked: false,
    confirmed: false,
    says: "",
    words: "",
  },
  action: {
    owner: "student",
    due: null,
    plan: "",
    order: 0,
    state: "open",
    carried_from: null,
  },
  exercise: {
    skills: [],
    minutes: 10,
    tests: [],
    hints: [],
    hint_count: 0,
    checked_at: null,
    handed_in: "",
    handed_in_at: null,
  },
  wish: {
    win: "",
    block: "",
    goal: "",
  },
  consent: {
    replay: false,
  },
  notes: {
    text: "",
  },
};

/** The fields that an entry must have beside its id, by kind of entry. */
export const REQUIRED_FIELDS = {
  timer: [],
  agenda: ["text"],
  check: ["title", "milestone"],
  action: ["text"],
  exercise: ["title"],
  wish: [],
  consent: [],
  notes: [],
};

/** The largest values: characters of a line, minutes, characters of the notes. */
export const LIMITS = {
  lineChars: 500,
  minutes: 240,
  notesChars: 20000,
};
